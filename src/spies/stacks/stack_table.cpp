// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "spies/stacks/stack_table.hpp"

#include "blocks/hints.hpp"
#include "blocks/table_memory.hpp"
#include "spies/stacks/stack_hash.hpp"

#include <atomic>
#include <cstring>

namespace mallocspy::spies {

namespace {

// A number counts units of 16 bytes from the first chunk on. The first unit of all is unused, so that 0 is no number.
constexpr std::size_t unit = 16;
constexpr unsigned chunk_bits = 16;
constexpr std::size_t chunk_units = std::size_t{1} << chunk_bits;
constexpr std::size_t chunk_count = 4096; // 4 GiB in all

// The index: tables of growing size. A stack is in the first table that had a free slot in its group when it was entered;
// slots are never freed, so whoever finds a free one knows that the stack is in no later table.
struct index_slot {
  std::atomic<std::uint64_t> hash; // 0: free
  std::atomic<std::uint32_t> number;
};
constexpr std::size_t group_size = 8; // two cache lines
constexpr std::size_t table_sizes[] = {std::size_t{1} << 16, std::size_t{1} << 18, std::size_t{1} << 20,
                                       std::size_t{1} << 22, std::size_t{1} << 24};
constexpr std::size_t table_count = sizeof table_sizes / sizeof *table_sizes;

std::atomic<char*> chunks[chunk_count];
std::atomic<std::uint64_t> used{1}; // units
std::atomic<index_slot*> tables[table_count];

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

// returns: the number of a stack whose slot has been claimed, by this thread or another one that may never finish
MALLOCSPY_COLD std::uint32_t enter_at(index_slot& slot, const void* const* addresses, std::size_t count) noexcept {
  const std::uint32_t number = append(count);
  if (number == 0) {
    return 0;
  }
  stack_entry& entry = *entry_at(number);
  entry.number = number;
  entry.count = static_cast<std::uint32_t>(count);
  std::memcpy(entry.addresses, addresses, count * sizeof(void*));
  std::uint32_t present = 0;
  const bool first = slot.number.compare_exchange_strong(present, number, std::memory_order_acq_rel);
  return first ? number : present; // what another thread has entered meanwhile; the room here is lost
}

// The places for a hash in a table, in the order in which they are tried.
class group_of {
public:
  group_of(index_slot* table, std::size_t size, std::uint64_t hash) noexcept
      : m_group(table + hash % size / group_size * group_size), m_first(hash % group_size) {}
  index_slot& operator[](std::size_t i) const noexcept {
    return m_group[(m_first + i) % group_size];
  }

private:
  index_slot* m_group;
  std::size_t m_first;
};

// returns: as find_hashed(), for a stack that is not where most are
MALLOCSPY_OUT_OF_LINE std::uint32_t find_further(std::uint64_t hash) noexcept {
  for (std::size_t t = 0; t < table_count; ++t) {
    index_slot* table = tables[t].load(std::memory_order_acquire);
    if (table == nullptr) {
      return 0;
    }
    const group_of group(table, table_sizes[t], hash);
    for (std::size_t i = 0; i < group_size; ++i) {
      const std::uint64_t seen = group[i].hash.load(std::memory_order_relaxed);
      if (seen == hash) {
        return group[i].number.load(std::memory_order_acquire);
      }
      if (seen == 0) {
        return 0;
      }
    }
  }
  return 0;
}

} // namespace

std::uint32_t find_hashed(std::uint64_t hash) noexcept {
  // Most are in the first table, in the first place of their group that is tried.
  const index_slot* table = tables[0].load(std::memory_order_acquire);
  if (MALLOCSPY_LIKELY(table != nullptr)) {
    const index_slot& slot = table[hash % table_sizes[0]];
    if (MALLOCSPY_LIKELY(slot.hash.load(std::memory_order_relaxed) == hash)) {
      return slot.number.load(std::memory_order_acquire); // 0 if it is being entered
    }
  }
  return find_further(hash);
}

std::uint32_t enter_hashed(std::uint64_t hash, const void* const* addresses, std::size_t count) noexcept {
  for (std::size_t t = 0; t < table_count; ++t) {
    index_slot* table = made(tables[t], table_sizes[t] * sizeof(index_slot));
    if (table == nullptr) {
      return 0;
    }
    const group_of group(table, table_sizes[t], hash);
    for (std::size_t i = 0; i < group_size; ++i) {
      index_slot& slot = group[i];
      std::uint64_t seen = slot.hash.load(std::memory_order_relaxed);
      if (seen == 0 && slot.hash.compare_exchange_strong(seen, hash, std::memory_order_relaxed)) {
        seen = hash;
      }
      if (seen == hash) {
        const std::uint32_t number = slot.number.load(std::memory_order_acquire);
        return MALLOCSPY_LIKELY(number != 0) ? number : enter_at(slot, addresses, count);
      }
    }
  }
  return 0; // tens of millions of stacks
}

std::uint32_t enter_stack(const void* const* addresses, std::size_t count) noexcept {
  if (count == 0) {
    return 0;
  }
  std::uint64_t sum = 0;
  for (std::size_t i = count; i != 0; --i) {
    sum = sum_with_callers(reinterpret_cast<std::uintptr_t>(addresses[i - 1]), sum);
  }
  return enter_hashed(hash_of_frames(sum, 0, count), addresses, count);
}

const stack_entry* find_stack(std::uint32_t number) noexcept {
  const bool exists = number != 0 && number < used.load(std::memory_order_relaxed) &&
                      (number >> chunk_bits) < chunk_count &&
                      chunks[number >> chunk_bits].load(std::memory_order_acquire) != nullptr;
  return exists && entry_at(number)->number == number ? entry_at(number) : nullptr;
}

} // namespace mallocspy::spies
