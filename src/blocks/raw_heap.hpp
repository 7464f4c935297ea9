// SPDX-License-Identifier: MIT
// The raw operations: mimalloc's blocks together with the block map, and what a thread keeps of those that it freed. What a
// spy brackets, and what runs alone without one. Runs inside hooks: never allocates from what is hooked, takes no lock.
//
// Order, everywhere: a block leaves the map before mimalloc gets it back, since another thread may receive the address at
// once.
#pragma once

#include "blocks/backing.hpp"
#include "blocks/block_map.hpp"
#include "blocks/hints.hpp"
#include "blocks/sanitizer_hints.hpp"
#include "blocks/thread_cache.hpp"

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

// effects, returns: as raw_place_short, where the thread keeps no block of the class
MALLOCSPY_OUT_OF_LINE placed_block place_uncached(std::size_t size, marks m) noexcept;

// returns: as admit, for a block that took much more than its size: published like a large one, so that it is not kept for
//   others of its size
MALLOCSPY_COLD void* admit_wasteful(void* p, std::size_t size, marks m) noexcept;

// effects: gives back a block of that class which has left the map
MALLOCSPY_INLINE void hand_back(void* p, size_class of) noexcept {
  if constexpr (sanitizer::wants_usable_size) {
    sanitizer::block_dies(p, backing::usable_size(p));
  }
  if (MALLOCSPY_UNLIKELY(!keep_cached(p, of))) {
    release_uncached(p, of);
  }
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

// returns: as raw_allocate, for a size below first_large, if the thread keeps a block of its class; else none
MALLOCSPY_INLINE placed_block raw_place_kept(std::size_t size, marks about) noexcept {
  void* p = take_cached(class_of_short(size));
  if (MALLOCSPY_UNLIKELY(p == nullptr)) {
    return {nullptr, nullptr};
  }
  if constexpr (sanitizer::wants_usable_size) {
    sanitizer::block_lives(p, size, backing::usable_size(p));
  }
  map_byte* byte = byte_of_block(p); // it was in the map before
  publish_short(byte, code_of_short(size), about);
  return {p, byte};
}

// returns: as raw_allocate, for a size below first_large
MALLOCSPY_INLINE placed_block raw_place_short(std::size_t size, marks about) noexcept {
  const placed_block kept = raw_place_kept(size, about);
  return MALLOCSPY_UNLIKELY(kept.start == nullptr) ? detail::place_uncached(size, about) : kept;
}

// returns: as raw_allocate, for a size below first_large; the way of most allocations outside of spying
inline void* raw_allocate_short(std::size_t size) noexcept {
  return raw_place_short(size, marks::none).start;
}

// returns: a block of `size` bytes aligned to 16, in the map; null without memory for it or for its entry
// threads: any, as all of these
inline void* raw_allocate(std::size_t size, marks about = marks::none) noexcept {
  if (size < first_large) {
    return raw_place_short(size, about).start;
  }
  return detail::admit(backing::allocate(size), size, about);
}

// returns: the same, with more wishes
inline void* raw_allocate(std::size_t size, const raw_request& request) noexcept {
  if (size < first_large && request.alignment <= granule_size && !request.owns_its_end) {
    void* p = raw_place_short(size, request.about).start;
    return p != nullptr && request.zeroed ? std::memset(p, 0, size) : p;
  }
  const bool zeroed = request.zeroed && !sanitizer::zeroes_by_hand;
  const bool wasteful = backing::is_wasteful(size, request.alignment);
  std::size_t bytes = wasteful && size < room_for_large ? room_for_large : size;
  bytes += request.owns_its_end && size < PTRDIFF_MAX ? 1 : 0;
  void* fresh = backing::allocate(bytes, request.alignment, zeroed);
  void* p = wasteful ? detail::admit_wasteful(fresh, size, request.about) : detail::admit(fresh, size, request.about);
  if constexpr (sanitizer::zeroes_by_hand) {
    return p != nullptr && request.zeroed ? std::memset(p, 0, size) : p;
  }
  return p;
}

// effects: frees the live block at p whose byte of the map this is
// returns: false if there is none (byte null, or no block starts there, or another thread was faster); nothing is changed
//   then
inline bool raw_free_at(map_byte* byte, void* p) noexcept {
  if (byte == nullptr) {
    return false;
  }
  const std::uint8_t value = byte->load(std::memory_order_relaxed);
  if (MALLOCSPY_UNLIKELY(!claim(byte, value))) {
    return false;
  }
  detail::hand_back(p, class_of_block(value));
  return true;
}

// effects, returns: the same for a block with a class in the table (value_classes), and a byte
MALLOCSPY_INLINE bool raw_free_classed_at(map_byte* byte, void* p, const std::uint8_t* classes) noexcept {
  const std::uint8_t value = byte->load(std::memory_order_relaxed);
  const size_class of = classes[value];
  if (MALLOCSPY_UNLIKELY(of == no_block_class || !exchange(byte, value, freed_bit))) {
    return false;
  }
  detail::hand_back(p, of);
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

// effects: gives memory that is not in use back to the system, as far as this thread can
inline void raw_minimize() noexcept {
  empty_cache();
  backing::minimize();
}

// effects: resizes the live block at p, in place if the room fits and not half of it would be wasted, else by a move. Once
//   success is certain and p has left the map, and before its memory is given back, calls taken(bytes) with all that the
//   block at p has
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
  // All of the new size's class must fit: the block may be kept for another of its class one day.
  if (backing::extent_of(size) <= usable && backing::at_least_smallest(size) >= usable / 2) {
    taken(usable);
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
  taken(usable);
  detail::hand_back(p, class_of_block(value));
  return fresh;
}

} // namespace mallocspy::blocks
