// SPDX-License-Identifier: MIT
// The block map: one byte for each granule of address space says whether a live block starts there and how many bytes were
// requested. Two levels: a static table with one entry for each GiB, and leaves that are made when first needed.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "blocks/hints.hpp"
#include "blocks/one_thread.hpp"
#include "blocks/size_code.hpp"

namespace mallocspy::blocks {

static_assert(sizeof(void*) == 8, "the block map is laid out for 64-bit address spaces");

inline constexpr unsigned leaf_bits = 30;    // a leaf maps 1 GiB
inline constexpr unsigned address_bits = 48; // user space of Linux and macOS without an explicit hint above

inline constexpr std::size_t leaf_count = std::size_t{1} << (address_bits - leaf_bits);
inline constexpr std::size_t leaf_granules = std::size_t{1} << (leaf_bits - granule_bits);
inline constexpr std::size_t leaf_size = leaf_granules + 1; // reading a size looks at the byte behind the first

// An entry is the leaf's address minus the number of its first granule, so that adding a granule's number gives the address
// of its byte without a mask. 0: no leaf.
using leaf_entry = std::atomic<std::uintptr_t>;
MALLOCSPY_INNER extern leaf_entry leaf_table[leaf_count];

// A table without leaves: where it is looked into, nothing is found.
MALLOCSPY_INNER extern const leaf_entry no_leaves[leaf_count];

// returns: the byte for the granule in which p lies; null if that part of the address space has no leaf
inline map_byte* find_granule(std::uintptr_t address) noexcept {
  if ((address >> address_bits) != 0) {
    return nullptr;
  }
  const std::uintptr_t leaf = leaf_table[address >> leaf_bits].load(std::memory_order_acquire);
  return leaf == 0 ? nullptr : reinterpret_cast<map_byte*>(leaf + (address >> granule_bits));
}

// returns: as find_granule, and null if p is not the start of a granule
inline map_byte* find_byte(const void* p, const leaf_entry* table = leaf_table) noexcept {
  // Rotating puts the low bits on top: one comparison refuses odd pointers and addresses out of range.
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  const std::uintptr_t granule = (address >> granule_bits) | (address << (64 - granule_bits));
  const std::uintptr_t index = granule >> (leaf_bits - granule_bits);
  if (MALLOCSPY_UNLIKELY(index >= leaf_count)) {
    return nullptr;
  }
  const std::uintptr_t leaf = table[index].load(std::memory_order_acquire);
  if (MALLOCSPY_UNLIKELY(leaf == 0)) {
    return nullptr;
  }
  auto* byte = reinterpret_cast<map_byte*>(leaf + granule);
  MALLOCSPY_ASSUME(byte != nullptr); // make_leaf sees to it; saves the caller's test
  return byte;
}

// returns: the byte for the start of a block that is known to live
inline map_byte* byte_of_block(const void* p) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  const std::uintptr_t leaf = leaf_table[address >> leaf_bits].load(std::memory_order_acquire);
  return reinterpret_cast<map_byte*>(leaf + (address >> granule_bits));
}

// returns: the byte for p, making its leaf if need be; null if the system has no memory for it
map_byte* make_byte(const void* p) noexcept;

// effects: publishes a block whose size does not fit behind its first byte in two more
MALLOCSPY_COLD void publish_large(map_byte* first, std::size_t size, marks m) noexcept;

// effects: says that a live block of the size that the code is for starts at the granule of `first`
inline void publish_short(map_byte* first, short_code code, marks m) noexcept {
  const short_code kept = m == marks::keep ? first->load(std::memory_order_relaxed) & mark_bit : 0;
  const short_code set = m == marks::set ? mark_bit : 0;
  const short_code value = write_short_size(first, code, m);
  first->store(static_cast<std::uint8_t>(value | kept | set), std::memory_order_release);
}

// effects: says that a live block of `size` bytes starts at the granule of `first`
inline void publish(map_byte* first, std::size_t size, marks m) noexcept {
  if (MALLOCSPY_UNLIKELY(size >= first_large)) {
    publish_large(first, size, m);
    return;
  }
  publish_short(first, code_of_short(size), m);
}

// effects: makes the byte `next` if it still is `value`; of several threads that try at once one succeeds
inline bool exchange(map_byte* byte, std::uint8_t value, unsigned next) noexcept {
  if (MALLOCSPY_LIKELY(process_has_one_thread())) { // a jump is little beside an atomic instruction
    byte->store(static_cast<std::uint8_t>(next), std::memory_order_relaxed);
    return true;
  }
  // Compared, not just exchanged: a thread that lost must not overwrite what the byte has become since.
  return byte->compare_exchange_strong(value, static_cast<std::uint8_t>(next), std::memory_order_acq_rel,
                                       std::memory_order_relaxed);
}

// effects: takes a block out of the map; of several threads that try at once one succeeds
// returns: whether a live block started here, as `value`, read from the byte before, says
inline bool claim(map_byte* first, std::uint8_t value) noexcept {
  return MALLOCSPY_LIKELY((value & start_bit) != 0) && exchange(first, value, (value & mark_bit) | unsigned{freed_bit});
}

// effects: the same, and the mark at the block's start goes with it. returns: whether there were both
inline bool claim_marked(map_byte* first, std::uint8_t value) noexcept {
  constexpr std::uint8_t both = start_bit | mark_bit; // the topmost bits
  return value >= both && exchange(first, value, freed_bit);
}

// effects: marks a fresh block at its start: no other thread has it yet. returns: whether there was no mark
inline bool add_mark(map_byte* first) noexcept {
  const std::uint8_t value = first->load(std::memory_order_relaxed);
  if (MALLOCSPY_UNLIKELY((value & mark_bit) != 0)) {
    return false;
  }
  first->store(static_cast<std::uint8_t>(value | mark_bit), std::memory_order_relaxed);
  return true;
}

// A live block as the map has it.
struct found_block {
  std::uintptr_t start; // 0: none
  std::size_t size;
};

// returns: the live block around an address, its start included; a block of size 0 is around its start only
// threads: any; the answer is about the past if the block is freed meanwhile
found_block find_around(std::uintptr_t address) noexcept;

// returns: whether the map remembers that a block, or a spied client pointer, was freed at p
bool remembers_freed(const void* p) noexcept;

} // namespace mallocspy::blocks
