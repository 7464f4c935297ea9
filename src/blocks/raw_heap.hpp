// SPDX-License-Identifier: MIT
// The raw operations: mimalloc's blocks together with the block map. What a spy brackets, and what runs alone without one.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
//
// Order, everywhere: a block leaves the map before mimalloc gets it back, since another thread may receive the address at
// once.
#pragma once

#include "blocks/backing.hpp"
#include "blocks/block_map.hpp"
#include "blocks/hints.hpp"
#include "blocks/sanitizer_hints.hpp"

#include <cstdint>
#include <cstring>

namespace mallocspy::blocks {

// A raw block, and its byte of the map.
struct placed_block {
  void* start;    // null: there is none
  map_byte* byte; // of a block only
};

namespace detail {

// effects: publishes p where the fast path cannot: its leaf is missing, or its size is large
// returns: p; null if p is null, or if there is no memory for a leaf (p is given back then)
MALLOCSPY_COLD void* admit_slowly(void* p, std::size_t size, marks m) noexcept;

// effects: one line through the misuse handler
MALLOCSPY_COLD void misused(const void* p, const char* operation);

inline void* admit(void* p, std::size_t size, marks m) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  // A null pointer goes the slow way too: nothing is ever mapped at 0. The kernel hands out no address beyond the table.
  const std::uintptr_t leaf = leaf_table[address >> leaf_bits].load(std::memory_order_acquire);
  if (MALLOCSPY_UNLIKELY(leaf == 0) || MALLOCSPY_UNLIKELY(size >= first_large)) {
    return admit_slowly(p, size, m);
  }
  if constexpr (sanitizer::wants_usable_size) {
    sanitizer::block_lives(p, size, backing::usable_size(p));
  }
  publish(reinterpret_cast<map_byte*>(leaf + (address >> granule_bits)), size, m);
  return p;
}

// effects: publishes p where raw_place_short cannot: its leaf is missing, or p is null
MALLOCSPY_COLD placed_block place_short_slowly(void* p, short_code code, marks m) noexcept;

// mimalloc is about to write into the block: its cache miss overlaps the one on the byte. A prefetch of a wild pointer is
// no access.
inline void prefetch_for_release(void* p) noexcept {
  MALLOCSPY_PREFETCH_FOR_WRITE(p);
}

inline void hand_back(void* p) noexcept {
  if constexpr (sanitizer::wants_usable_size) {
    sanitizer::block_dies(p, backing::usable_size(p));
  }
  backing::release(p);
}

} // namespace detail

// What a raw block is to be, beyond its size.
struct raw_request {
  std::size_t alignment = granule_size; // a power of two
  bool zeroed = false;
  // Under a spy: the address behind the last byte is the block's own too, and not where another block starts. A client
  // pointer lies there if a spy puts a header in front of 0 bytes.
  bool owns_its_end = false;
  // Under a spy: a mark where the block lies is kept. A spy that frees a raw block behind its client's back leaves one.
  marks about = marks::none;
};

// returns: a block of `size` bytes aligned to 16, in the map; null without memory for it or for its entry
// threads: any, as all of these
inline void* raw_allocate(std::size_t size, marks about = marks::none) noexcept {
  return detail::admit(backing::allocate(size), size, about);
}

// returns: as raw_allocate, for a size below first_large
MALLOCSPY_INLINE placed_block raw_place_short(std::size_t size, marks about) noexcept {
  if constexpr (sanitizer::wants_usable_size) {
    void* p = raw_allocate(size, about);
    return {p, p == nullptr ? nullptr : byte_of_block(p)};
  }
  const short_code code = code_of_short(size);
  void* p = backing::allocate_short(detail::short_sizes.extents[size]);
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  const std::uintptr_t leaf = leaf_table[address >> leaf_bits].load(std::memory_order_acquire);
  if (MALLOCSPY_UNLIKELY(leaf == 0)) { // also where p is null: nothing is ever mapped at 0
    return detail::place_short_slowly(p, code, about);
  }
  auto* byte = reinterpret_cast<map_byte*>(leaf + (address >> granule_bits));
  publish_short(byte, code, about);
  return {p, byte};
}

// returns: as raw_allocate, for a size below first_large; the way of most allocations outside of spying
inline void* raw_allocate_short(std::size_t size) noexcept {
  return raw_place_short(size, marks::none).start;
}

// returns: the same, with more wishes
inline void* raw_allocate(std::size_t size, const raw_request& request) noexcept {
  const bool zeroed = request.zeroed && !sanitizer::zeroes_by_hand;
  const std::size_t bytes = request.owns_its_end && size < PTRDIFF_MAX ? size + 1 : size;
  void* p = detail::admit(backing::allocate(bytes, request.alignment, zeroed), size, request.about);
  if constexpr (sanitizer::zeroes_by_hand) {
    return p != nullptr && request.zeroed ? std::memset(p, 0, size) : p;
  }
  return p;
}

// effects: frees the live block at p whose byte of the map this is
// returns: false if there is none (byte null, or no block starts there, or another thread was faster); nothing is changed
// then
inline bool raw_free_at(map_byte* byte, void* p) noexcept {
  if (byte == nullptr) {
    return false;
  }
  detail::prefetch_for_release(p);
  if (MALLOCSPY_UNLIKELY(!claim(byte, byte->load(std::memory_order_relaxed)))) {
    return false;
  }
  detail::hand_back(p);
  return true;
}

// effects, returns: the same for a block without a mark, as all are outside of spying; false also for one with it
inline bool raw_free_unmarked_at(map_byte* byte, void* p) noexcept {
  if (MALLOCSPY_UNLIKELY(byte == nullptr)) {
    return false;
  }
  detail::prefetch_for_release(p);
  if (MALLOCSPY_UNLIKELY(!claim_unmarked(byte, byte->load(std::memory_order_relaxed)))) {
    return false;
  }
  detail::hand_back(p);
  return true;
}

// effects: frees the live block at p; null is allowed
// errors: p is no live block: the misuse handler is told that `operation` was given it, nothing is changed
inline void raw_free(void* p, const char* operation) {
  if (MALLOCSPY_UNLIKELY(!raw_free_at(find_byte(p), p)) && p != nullptr) {
    detail::misused(p, operation);
  }
}

// returns: the requested size of the live block at p; no_size if there is none
inline std::size_t raw_size(const void* p) noexcept {
  const map_byte* byte = find_byte(p);
  return byte == nullptr ? no_size : read_size(byte, byte->load(std::memory_order_acquire));
}

// returns: whether a live block starts at p
inline bool raw_owns(const void* p) noexcept {
  const map_byte* byte = find_byte(p);
  return byte != nullptr && (byte->load(std::memory_order_acquire) & start_bit) != 0;
}

// effects: resizes the live block at p, in place if the room fits and not half of it would be wasted, else by a move. Once
//   success is certain and p has left the map, and before its memory is given back, calls taken()
// returns: the block in its new place; null without memory, and then p is as it was
// errors: as raw_free
template <class Taken> void* raw_reallocate(void* p, std::size_t size, const char* operation, Taken taken) {
  map_byte* byte = find_byte(p);
  const std::uint8_t value = byte == nullptr ? 0 : byte->load(std::memory_order_relaxed);
  // Out of the map until the outcome is known, so that a thread that frees it meanwhile is told so.
  if (byte == nullptr || !claim(byte, value)) {
    detail::misused(p, operation);
    return nullptr;
  }
  const std::size_t usable = backing::usable_size(p);
  if (size <= usable && backing::at_least_smallest(size) >= usable / 2) {
    taken();
    sanitizer::block_lives(p, size, usable);
    publish(byte, size, marks::keep);
    return p;
  }
  const std::size_t present = read_size(byte, value);
  void* fresh = raw_allocate(size, marks::keep);
  if (fresh == nullptr) {
    publish(byte, present, marks::keep);
    return nullptr;
  }
  std::memcpy(fresh, p, present < size ? present : size);
  taken();
  detail::hand_back(p);
  return fresh;
}

} // namespace mallocspy::blocks
