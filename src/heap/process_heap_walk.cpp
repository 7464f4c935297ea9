// SPDX-License-Identifier: MIT
// Looks through the block map for live blocks. It knows the task allocator's only, unlike mimalloc, whose pages may also
// hold the blocks of the program's malloc.
#include "heap/process_heap.hpp"

namespace mallocspy::heap {

using namespace blocks;

namespace {

constexpr std::uint64_t word_of_starts = 0x8080808080808080U;
constexpr unsigned index_bits = leaf_bits - granule_bits;

// returns: the first granule in [low, end) of one leaf at which a block starts; end if there is none
std::uintptr_t first_start(std::uintptr_t leaf, std::uintptr_t low, std::uintptr_t end) noexcept {
  for (std::uintptr_t granule = low; granule < end;) {
    const std::uintptr_t byte = leaf + granule;
    if (byte % 8 == 0 && end - granule >= 8) {
      const auto* word = reinterpret_cast<const blocks::detail::map_word*>(byte);
      if ((word->load(std::memory_order_relaxed) & word_of_starts) == 0) {
        granule += 8;
        continue;
      }
    }
    if ((reinterpret_cast<const map_byte*>(byte)->load(std::memory_order_acquire) & start_bit) != 0) {
      return granule;
    }
    ++granule;
  }
  return end;
}

} // namespace

found_block first_block_from(std::uintptr_t from) noexcept {
  if ((from >> address_bits) != 0) {
    return {0, 0};
  }
  std::uintptr_t granule = (from + granule_size - 1) >> granule_bits;
  for (std::uintptr_t index = granule >> index_bits; index < leaf_count; ++index) {
    const std::uintptr_t leaf = leaf_table[index].load(std::memory_order_acquire);
    const std::uintptr_t end = (index + 1) << index_bits;
    granule = granule < (index << index_bits) ? index << index_bits : granule;
    while (leaf != 0 && granule < end) {
      granule = first_start(leaf, granule, end);
      if (granule == end) {
        break;
      }
      const auto* byte = reinterpret_cast<const map_byte*>(leaf + granule);
      const std::size_t size = read_size(byte, byte->load(std::memory_order_acquire));
      if (size != no_size) {
        return {granule << granule_bits, size};
      }
      ++granule; // freed at this moment
    }
  }
  return {0, 0};
}

bool process_heap_is_sound() noexcept {
  found_block block = first_block_from(0);
  while (block.start != 0) {
    const found_block next = first_block_from(block.start + granule_size);
    if (next.start != 0 && next.start - block.start < block.size) {
      // Unless it was freed, and its memory used again, between the two looks.
      const map_byte* byte = find_byte(reinterpret_cast<const void*>(block.start));
      const std::size_t now = read_size(byte, byte->load(std::memory_order_acquire));
      const map_byte* next_byte = find_byte(reinterpret_cast<const void*>(next.start));
      if (now == block.size && (next_byte->load(std::memory_order_acquire) & start_bit) != 0) {
        return false;
      }
    }
    block = next;
  }
  return true;
}

} // namespace mallocspy::heap
