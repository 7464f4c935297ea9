// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "spies/memory/address_map.hpp"

#include "blocks/table_memory.hpp"

#include <unistd.h>

namespace mallocspy::spies {

namespace {

constexpr std::size_t first_capacity = 4096;

} // namespace

address_map::table address_map::none{};

std::uint64_t address_map::find_further(const table& t, std::uint64_t address) noexcept {
  for (std::size_t i = place(address, t.mask);; i = t.next(i)) {
    const std::uint64_t key = t.at(i)->address.load(std::memory_order_relaxed);
    if (key == address) {
      return t.at(i)->value.load(std::memory_order_acquire);
    }
    if (key == 0) {
      return 0; // a table is never full
    }
  }
}

address_map::table* address_map::make(std::size_t capacity) noexcept {
  auto* t = static_cast<table*>(blocks::map_table(sizeof(table) + (capacity - 1) * sizeof(entry)));
  if (t != nullptr) {
    t->mask = (capacity - 1) * sizeof(entry);
  }
  return t;
}

void address_map::put(table& t, std::uint64_t address, std::uint64_t value) noexcept {
  // Room is claimed before it is used, so that a table never gets full, however many threads insert at once.
  if (t.count.fetch_add(1, std::memory_order_relaxed) > t.capacity() / 4 * 3) {
    t.count.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  for (std::size_t i = place(address, t.mask);; i = t.next(i)) {
    entry& e = *t.at(i);
    std::uint64_t key = 0;
    if (e.address.compare_exchange_strong(key, address, std::memory_order_relaxed)) {
      e.value.store(value, std::memory_order_release);
      return;
    }
    if (key == address) {
      e.value.store(value, std::memory_order_release);
      t.count.fetch_sub(1, std::memory_order_relaxed);
      return;
    }
  }
}

// The old table stays: a reader may be in it. All old ones together are no larger than the present one.
address_map::table* address_map::grow(table* old) noexcept {
  // A thread that grew when its process was forked is not in the child, so its mark does not count there.
  int owner = m_growing.load(std::memory_order_relaxed);
  const int self = ::getpid();
  if (owner == self || !m_growing.compare_exchange_strong(owner, self, std::memory_order_acquire)) {
    return m_table.load(std::memory_order_acquire);
  }
  table* present = m_table.load(std::memory_order_acquire);
  if (present == old) {
    table* larger = make(old == &none ? first_capacity : 2 * old->capacity());
    if (larger != nullptr) {
      for (std::size_t i = 0; i < old->capacity(); ++i) {
        const std::uint64_t value = old->entries[i].value.load(std::memory_order_acquire);
        if (value != 0) {
          put(*larger, old->entries[i].address.load(std::memory_order_relaxed), value);
        }
      }
      m_table.store(larger, std::memory_order_release);
      present = larger;
    }
  }
  m_growing.store(0, std::memory_order_release);
  return present;
}

void address_map::insert(std::uint64_t address, std::uint64_t value) noexcept {
  table* t = m_table.load(std::memory_order_acquire);
  if (t == &none || t->count.load(std::memory_order_relaxed) > t->capacity() / 2) {
    t = grow(t);
  }
  if (t != &none) {
    put(*t, address, value);
  }
}

} // namespace mallocspy::spies
