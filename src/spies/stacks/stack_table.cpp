// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "spies/stacks/stack_table.hpp"

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

// nulls_follow: as in enter_stack(). They add nothing to the sum
std::uint64_t hash_of(const void* const* addresses, std::size_t count, bool nulls_follow) noexcept {
  const auto product = [addresses](std::size_t i) {
    return reinterpret_cast<std::uintptr_t>(addresses[i]) * odd.values[i];
  };
  std::uint64_t sum = count;
  std::size_t i = 0;
  const std::size_t whole = (nulls_follow ? count + hashed_at_once - 1 : count) / hashed_at_once * hashed_at_once;
  for (; i != whole; i += hashed_at_once) {
    sum += (product(i) + product(i + 1)) + (product(i + 2) + product(i + 3)) + (product(i + 4) + product(i + 5)) +
           (product(i + 6) + product(i + 7));
  }
  for (; i < count; ++i) {
    sum += product(i);
  }
  sum ^= sum >> 32;
  sum *= 0xD6E8FEB86659FD93U;
  sum ^= sum >> 32;
  return sum == 0 ? 1 : sum;
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

// returns: as enter_stack, for a stack that is not where most are
MALLOCSPY_OUT_OF_LINE std::uint32_t enter_hashed(std::uint64_t hash, const void* const* addresses,
                                                 std::size_t count) noexcept {
  for (std::size_t t = 0; t < table_count; ++t) {
    index_slot* table = made(tables[t], table_sizes[t] * sizeof(index_slot));
    if (table == nullptr) {
      return 0;
    }
    index_slot* group = table + hash % table_sizes[t] / group_size * group_size;
    for (std::size_t i = 0; i < group_size; ++i) {
      index_slot& slot = group[(hash + i) % group_size];
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

} // namespace

std::uint32_t enter_stack(const void* const* addresses, std::size_t count, bool nulls_follow) noexcept {
  if (count == 0) {
    return 0;
  }
  const std::uint64_t hash = hash_of(addresses, count, nulls_follow);
  // Most are in the first table, in the first place of their group that is tried.
  const index_slot* table = tables[0].load(std::memory_order_acquire);
  if (MALLOCSPY_LIKELY(table != nullptr)) {
    const index_slot& slot = table[hash % table_sizes[0]];
    const std::uint32_t number = slot.number.load(std::memory_order_acquire);
    if (MALLOCSPY_LIKELY(slot.hash.load(std::memory_order_relaxed) == hash && number != 0)) {
      return number;
    }
  }
  return enter_hashed(hash, addresses, count);
}

const stack_entry* find_stack(std::uint32_t number) noexcept {
  const bool exists = number != 0 && number < used.load(std::memory_order_relaxed) &&
                      (number >> chunk_bits) < chunk_count &&
                      chunks[number >> chunk_bits].load(std::memory_order_acquire) != nullptr;
  return exists && entry_at(number)->number == number ? entry_at(number) : nullptr;
}

} // namespace mallocspy::spies
