// SPDX-License-Identifier: MIT
// mimalloc, as far as it is needed. No other file knows its names. Works with 2.0, 2.1 and later, and 3.
#pragma once

#include "blocks/sanitizer_hints.hpp"
#include "blocks/zeroing.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <mimalloc.h>

namespace mallocspy::blocks::backing {

// A block has at least one granule of 16 bytes of its own, which also makes mimalloc align it to 16.
inline constexpr std::size_t smallest = 16;

inline std::size_t at_least_smallest(std::size_t size) noexcept {
  return size < smallest ? smallest : size;
}

// returns: `size` bytes, aligned to 16; null without memory
inline void* allocate(std::size_t size) noexcept {
  return mi_malloc(at_least_smallest(size));
}

// returns: as allocate, aligned and, if asked, zeroed. Large blocks are zeroed without being touched
inline void* allocate(std::size_t size, std::size_t alignment, bool zeroed) noexcept {
  const std::size_t bytes = at_least_smallest(size);
  const bool by_pages = zeroed && bytes >= worth_asking;
  void* p = nullptr;
  if (alignment <= smallest) {
    p = zeroed && !by_pages ? mi_zalloc(bytes) : mi_malloc(bytes);
  } else {
    p = zeroed && !by_pages ? mi_zalloc_aligned(bytes, alignment) : mi_malloc_aligned(bytes, alignment);
  }
  if (by_pages && p != nullptr) {
    zero_by_pages(p, bytes);
  }
  return p;
}

inline void release(void* p) noexcept {
  mi_free(p);
}

// returns: the bytes that the block at p really has, from p on
inline std::size_t usable_size(const void* p) noexcept {
  return mi_usable_size(p);
}

// returns: whether p lies in memory from which blocks are handed out
inline bool is_heap(const void* p) noexcept {
  return mi_is_in_heap_region(p);
}

// returns: whether the program's malloc is mimalloc too, as it is where the package's library comes before the C library.
//   The modules of code are told by `begin_of_module`
template <class Begin> bool is_the_programs_malloc(Begin begin_of_module) noexcept {
  return begin_of_module(reinterpret_cast<std::uintptr_t>(&std::malloc)) ==
         begin_of_module(reinterpret_cast<std::uintptr_t>(&mi_malloc));
}

inline void minimize() noexcept {
  if constexpr (sanitizer::may_collect) {
    mi_collect(true);
  }
}

} // namespace mallocspy::blocks::backing
