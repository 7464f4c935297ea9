// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "spies/stack_table.hpp"

#include "blocks/hints.hpp"
#include "blocks/table_memory.hpp"

#include <atomic>
#include <cstring>

namespace mallocspy::spies {

namespace {

// A number counts units of 16 bytes from the first chunk on. The first unit of all is unused, so that 0 is no number.
constexpr std::size_t unit = 16;
constexpr unsigned chunk_bits = 16;
constexpr std::size_t chunk_units = std::size_t{1} << chunk_bits;
constexpr std::size_t chunk_count = 4096; // 4 GiB in all
constexpr std::size_t index_size = std::size_t{1} << 18;

using index_slot = std::atomic<std::uint32_t>;

std::atomic<char*> chunks[chunk_count];
std::atomic<std::uint64_t> used{1}; // units
std::atomic<index_slot*> stack_index{nullptr};

// effects: maps a table where there is none yet. returns: it; null without memory
template <class T> T* made(std::atomic<T*>& place, std::size_t size) noexcept {
  T* present = place.load(std::memory_order_acquire);
  if (MALLOCSPY_LIKELY(present != nullptr)) {
    return present;
  }
  auto* fresh = static_cast<T*>(blocks::map_table(size));
  if (fresh != nullptr && !place.compare_exchange_strong(present, fresh, std::memory_order_acq_rel)) {
    blocks::unmap_table(fresh, size); // another thread was faster
    return present;
  }
  return fresh;
}

// Odd multipliers, one for each frame, so that the products do not wait for each other.
struct multipliers {
  std::uint64_t values[64];

  constexpr multipliers() : values{} {
    std::uint64_t x = 0x9E3779B97F4A7C15U;
    for (auto& value : values) {
      x ^= x >> 27;
      x *= 0x3C79AC492BA7B653U;
      x ^= x >> 33;
      x += 0x9E3779B97F4A7C15U;
      value = x | 1U;
    }
  }
};
constexpr multipliers odd;

std::uint32_t hash_of(const void* const* addresses, std::size_t count) noexcept {
  std::uint64_t sum = count;
  for (std::size_t i = 0; i < count; ++i) {
    sum += reinterpret_cast<std::uintptr_t>(addresses[i]) * odd.values[i];
  }
  sum ^= sum >> 32;
  sum *= 0xD6E8FEB86659FD93U;
  return static_cast<std::uint32_t>(sum >> 32);
}

stack_entry* entry_at(std::uint32_t number) noexcept {
  char* chunk = chunks[number >> chunk_bits].load(std::memory_order_acquire);
  return reinterpret_cast<stack_entry*>(chunk + (number & (chunk_units - 1)) * unit);
}

// returns: the number of room for a stack; 0 without memory
std::uint32_t append(std::size_t count) noexcept {
  const std::size_t units = (offsetof(stack_entry, addresses) + count * sizeof(void*) + unit - 1) / unit;
  for (;;) {
    const std::uint64_t first = used.fetch_add(units, std::memory_order_relaxed);
    const std::uint64_t chunk = first >> chunk_bits;
    if (chunk >= chunk_count) {
      used.fetch_sub(units, std::memory_order_relaxed);
      return 0;
    }
    if ((first + units - 1) >> chunk_bits != chunk) {
      continue; // across the end of a chunk: leave the rest
    }
    return made(chunks[chunk], chunk_units * unit) == nullptr ? 0 : static_cast<std::uint32_t>(first);
  }
}

bool holds(const stack_entry& entry, std::uint32_t hash, const void* const* addresses, std::size_t count) noexcept {
  return entry.hash == hash && entry.count == count && std::memcmp(entry.addresses, addresses, count * sizeof(void*)) == 0;
}

// returns: the number of the stack in the chain from `first` to before `last`; 0 if it is not there
std::uint32_t find_in_chain(std::uint32_t first, std::uint32_t last, std::uint32_t hash, const void* const* addresses,
                            std::size_t count) noexcept {
  for (std::uint32_t number = first; number != last;) {
    const stack_entry& entry = *entry_at(number);
    if (holds(entry, hash, addresses, count)) {
      return number;
    }
    number = entry.next;
  }
  return 0;
}

MALLOCSPY_COLD std::uint32_t enter_new(index_slot& slot, std::uint32_t seen, std::uint32_t hash,
                                       const void* const* addresses, std::size_t count) noexcept {
  const std::uint32_t number = append(count);
  if (number == 0) {
    return 0;
  }
  stack_entry& entry = *entry_at(number);
  entry.hash = hash;
  entry.count = static_cast<std::uint32_t>(count);
  entry.number = number;
  std::memcpy(entry.addresses, addresses, count * sizeof(void*));
  for (;;) {
    entry.next = seen;
    std::uint32_t head = seen;
    if (slot.compare_exchange_weak(head, number, std::memory_order_release, std::memory_order_acquire)) {
      return number;
    }
    // Others have entered some meanwhile, this one perhaps. Its room here is lost then.
    if (const std::uint32_t found = find_in_chain(head, seen, hash, addresses, count)) {
      return found;
    }
    seen = head;
  }
}

} // namespace

std::uint32_t enter_stack(const void* const* addresses, std::size_t count) noexcept {
  index_slot* slots = made(stack_index, index_size * sizeof(index_slot));
  if (count == 0 || slots == nullptr) {
    return 0;
  }
  const std::uint32_t hash = hash_of(addresses, count);
  index_slot& slot = slots[hash % index_size];
  const std::uint32_t seen = slot.load(std::memory_order_acquire);
  const std::uint32_t found = find_in_chain(seen, 0, hash, addresses, count);
  return MALLOCSPY_LIKELY(found != 0) ? found : enter_new(slot, seen, hash, addresses, count);
}

const stack_entry* find_stack(std::uint32_t number) noexcept {
  const bool exists = number != 0 && number < used.load(std::memory_order_relaxed) &&
                      (number >> chunk_bits) < chunk_count &&
                      chunks[number >> chunk_bits].load(std::memory_order_acquire) != nullptr;
  return exists && entry_at(number)->number == number ? entry_at(number) : nullptr;
}

} // namespace mallocspy::spies
