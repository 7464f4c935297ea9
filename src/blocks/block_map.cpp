// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "blocks/block_map.hpp"

#include "blocks/table_memory.hpp"

namespace mallocspy::blocks {

leaf_entry leaf_table[leaf_count];
const leaf_entry no_leaves[leaf_count] = {};

namespace {

// The largest block that was ever published: how far behind a pointer its block may start.
std::atomic<std::size_t> largest{first_large};

constexpr std::uint64_t word_of_starts = 0x8080808080808080U;

std::uintptr_t make_leaf(std::size_t index) noexcept {
  const std::uintptr_t first_granule = index << (leaf_bits - granule_bits);
  void* memory = map_table(leaf_size);
  if (memory == nullptr) {
    return 0;
  }
  // A leaf at the very address that its entry would cancel to 0 cannot be told from none: take another.
  if (reinterpret_cast<std::uintptr_t>(memory) == first_granule) {
    void* other = map_table(leaf_size);
    unmap_table(memory, leaf_size);
    if (other == nullptr) {
      return 0;
    }
    memory = other;
  }
  const std::uintptr_t made = reinterpret_cast<std::uintptr_t>(memory) - first_granule;
  std::uintptr_t present = 0;
  if (!leaf_table[index].compare_exchange_strong(present, made, std::memory_order_acq_rel, std::memory_order_acquire)) {
    unmap_table(memory, leaf_size); // another thread was faster
    return present;
  }
  return made;
}

// returns: the last granule in [low, high] of one leaf at which a block starts; high + 1 if there is none
std::uintptr_t last_start(std::uintptr_t leaf, std::uintptr_t low, std::uintptr_t high) noexcept {
  std::uintptr_t granule = high;
  for (;;) {
    const std::uintptr_t byte = leaf + granule;
    if (byte % 8 == 7 && granule - low >= 8) {
      // Word by word through what holds no start at all.
      const auto* word = reinterpret_cast<const detail::map_word*>(byte - 7);
      if ((word->load(std::memory_order_relaxed) & word_of_starts) == 0) {
        granule -= 8;
        continue;
      }
    }
    if ((reinterpret_cast<const map_byte*>(byte)->load(std::memory_order_acquire) & start_bit) != 0) {
      return granule;
    }
    if (granule == low) {
      return high + 1;
    }
    --granule;
  }
}

} // namespace

map_byte* make_byte(const void* p) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  if ((address >> address_bits) != 0) {
    return nullptr;
  }
  std::uintptr_t leaf = leaf_table[address >> leaf_bits].load(std::memory_order_acquire);
  if (leaf == 0) {
    leaf = make_leaf(address >> leaf_bits);
  }
  return leaf == 0 ? nullptr : reinterpret_cast<map_byte*>(leaf + (address >> granule_bits));
}

void publish_large(map_byte* first, std::size_t size, marks m) noexcept {
  std::size_t known = largest.load(std::memory_order_relaxed);
  while (known < size && !largest.compare_exchange_weak(known, size, std::memory_order_relaxed)) {
  }
  const std::uint8_t kept = m == marks::keep ? first->load(std::memory_order_relaxed) & mark_bit : 0;
  const std::uint8_t value = write_large_size(first, size, m);
  first->store(static_cast<std::uint8_t>(value | kept), std::memory_order_release);
}

found_block find_around(std::uintptr_t address) noexcept {
  if ((address >> address_bits) != 0) {
    return {0, 0};
  }
  const std::size_t reach = largest.load(std::memory_order_relaxed);
  const std::uintptr_t low_address = address < reach ? 0 : address - reach;
  std::uintptr_t granule = address >> granule_bits;
  const std::uintptr_t low = low_address >> granule_bits;
  constexpr unsigned index_bits = leaf_bits - granule_bits;
  for (;;) {
    const std::uintptr_t leaf_first = (granule >> index_bits) << index_bits;
    const std::uintptr_t stop = leaf_first < low ? low : leaf_first;
    const std::uintptr_t leaf = leaf_table[granule >> index_bits].load(std::memory_order_acquire);
    if (leaf != 0) {
      const std::uintptr_t found = last_start(leaf, stop, granule);
      if (found <= granule) {
        const auto* byte = reinterpret_cast<const map_byte*>(leaf + found);
        const std::uint8_t value = byte->load(std::memory_order_acquire);
        const std::size_t size = (value & start_bit) != 0 ? read_size(byte, value) : 0; // 0: freed since
        const std::uintptr_t start = found << granule_bits;
        const bool around = address == start || address - start < size;
        return around ? found_block{start, size} : found_block{0, 0};
      }
    }
    if (stop == low || stop == 0) {
      return {0, 0};
    }
    granule = stop - 1;
  }
}

bool remembers_freed(const void* p) noexcept {
  const map_byte* byte = find_byte(p);
  if (byte == nullptr) {
    return false;
  }
  const std::uint8_t value = byte->load(std::memory_order_relaxed);
  return (value & start_bit) == 0 && (value & freed_bit) != 0;
}

} // namespace mallocspy::blocks
