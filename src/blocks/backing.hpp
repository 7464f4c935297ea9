// SPDX-License-Identifier: MIT
// mimalloc, as far as it is needed. No other file knows its names. Works with 2.0, 2.1 and later, and 3.
#pragma once

#include "blocks/sanitizer_hints.hpp"
#include "blocks/short_sizes.hpp"
#include "blocks/zeroing.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <mimalloc.h>

namespace mallocspy::blocks::backing {

inline constexpr std::size_t smallest = granule_size;

// returns: what to ask for: all that the class of a short size holds, which is also at least one granule. So a block that
//   is told by its class to have that much does, and mimalloc aligns it to 16
inline std::size_t extent_of(std::size_t size) noexcept {
  return size < first_large ? class_extents[class_of_short(size)] : size;
}

// returns: `size` bytes, aligned to 16; null without memory
inline void* allocate(std::size_t size) noexcept {
  return mi_malloc(extent_of(size));
}

// returns: the same for a class
inline void* allocate_class(size_class of) noexcept {
  return mi_malloc_small(class_extents[of]);
}
static_assert(class_extents.back() <= MI_SMALL_SIZE_MAX);

inline std::size_t at_least_smallest(std::size_t size) noexcept {
  return size < smallest ? smallest : size;
}

// Up to here mimalloc aligns a block whose size is a multiple of the alignment without taking more.
inline constexpr std::size_t natural_alignment = 128;

// returns: whether what mimalloc takes for such a block may be several times what its class holds
inline bool is_wasteful(std::size_t size, std::size_t alignment) noexcept {
  const bool natural = alignment <= natural_alignment && extent_of(size) % alignment == 0;
  return alignment > 2 * smallest && size < first_large && !natural;
}

// returns: as allocate, aligned and, if asked, zeroed. Large blocks are zeroed without being touched
inline void* allocate(std::size_t size, std::size_t alignment, bool zeroed) noexcept {
  std::size_t bytes = extent_of(size);
  // mimalloc 2.0 takes it for granted that every power of two up to 1,024 is aligned to itself, and is wrong beyond 128.
  bytes |= alignment > natural_alignment ? 1U : 0U; // so it gets no power of two
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

// What lies in a range of mimalloc's memory.
struct heap_part {
  std::uintptr_t begin;
  std::uintptr_t end;
  bool is_block; // one that is handed out; else a range of such blocks and of free ones, told before its blocks
};

// effects: calls visit(context, part) for the pages and blocks of the calling thread's heap. Blocks that this library keeps
//   for the thread count as handed out
// returns: false if this mimalloc does not tell them, or visit returned false
// threads: reads what only the calling thread changes; not from a handler that may have interrupted mimalloc
inline bool visit_heap_of_thread(bool (*visit)(void* context, const heap_part& part), void* context) noexcept {
#if MI_MALLOC_VERSION < 300
  struct visiting {
    bool (*visit)(void* context, const heap_part& part);
    void* context;
  } both{visit, context};
  return mi_heap_visit_blocks(
      mi_heap_get_default(), true,
      [](const mi_heap_t*, const mi_heap_area_t* area, void* block, std::size_t block_size, void* self) {
        const visiting& v = *static_cast<visiting*>(self);
        const auto begin = reinterpret_cast<std::uintptr_t>(block == nullptr ? area->blocks : block);
        return v.visit(v.context, {begin, begin + (block == nullptr ? area->reserved : block_size), block != nullptr});
      },
      &both);
#else
  static_cast<void>(visit);
  static_cast<void>(context);
  return false;
#endif
}

// returns: a function of mimalloc: the module that it lies in is mimalloc's
inline auto some_function() noexcept {
  return &mi_malloc;
}

inline void minimize() noexcept {
  if constexpr (sanitizer::may_collect) {
    mi_collect(true);
  }
}

} // namespace mallocspy::blocks::backing
