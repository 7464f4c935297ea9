// SPDX-License-Identifier: MIT
// The blocks that a thread freed last, by size class, for its next allocations. mimalloc is asked only where a class is
// empty, and given half of a class that is full: most allocations and frees are a few instructions, and a freed block is
// not touched. What lies here is free for the block map too. At most 63 blocks of each class, 116 KiB in all.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "blocks/hints.hpp"
#include "blocks/short_sizes.hpp"

#include <cstddef>
#include <cstdint>

namespace mallocspy::blocks {

struct thread_cache {
  static constexpr std::size_t slots = 64; // the last one stays free: a full class is told from an empty one
  static constexpr std::size_t row_size = slots * sizeof(void*);

  // For each class, behind the block that was freed last. A row is aligned to its size: where in it a pointer is, its low
  // bits say.
  void** tops[class_count];
  alignas(row_size) void* rows[class_count][slots];
};

// null: the thread has none, either not yet or not any more
MALLOCSPY_INNER extern __thread thread_cache* this_cache;

// returns: a block of the class that this thread freed; null if there is none
MALLOCSPY_INLINE void* take_cached(size_class of) noexcept {
  thread_cache* cache = this_cache;
  if (MALLOCSPY_UNLIKELY(cache == nullptr)) {
    return nullptr;
  }
  void** top = cache->tops[of];
  if (MALLOCSPY_UNLIKELY(reinterpret_cast<std::uintptr_t>(top) % thread_cache::row_size == 0)) {
    return nullptr;
  }
  cache->tops[of] = --top;
  void* block = *top;
  MALLOCSPY_ASSUME(block != nullptr);
  return block;
}

// effects: keeps a block of the class that has left the block map
// returns: false, and nothing is kept, if there is no room or it is of long_class
MALLOCSPY_INLINE bool keep_cached(void* block, size_class of) noexcept {
  thread_cache* cache = this_cache;
  if (MALLOCSPY_UNLIKELY(cache == nullptr)) {
    return false;
  }
  void** top = cache->tops[of] + 1;
  if (MALLOCSPY_UNLIKELY(reinterpret_cast<std::uintptr_t>(top) % thread_cache::row_size == 0)) {
    return false;
  }
  top[-1] = block;
  cache->tops[of] = top;
  return true;
}

// effects: what keep_cached did not keep goes to mimalloc, half of a full class with it; the thread gets a cache if it has
//   none. errno is kept
MALLOCSPY_OUT_OF_LINE void release_uncached(void* block, size_class of) noexcept;

// effects: gives all that this thread keeps back to mimalloc
void empty_cache() noexcept;

} // namespace mallocspy::blocks
