// SPDX-License-Identifier: MIT
// The blocks that a thread freed last, by size class, for its next allocations. mimalloc is asked only where a class is
// empty, and given half of a class that is full: most allocations and frees are a few instructions, and a freed block is
// not touched. What lies here is free for the block map too. At most 63 blocks of each class, 116 KiB in all.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "blocks/hints.hpp"
#include "blocks/short_sizes.hpp"
#include "blocks/thread_words.hpp"

#include <cstddef>
#include <cstdint>

namespace mallocspy::blocks {

// For each class, behind the block that was freed last.
struct cache_tops {
  void** tops[class_count];
};

struct thread_cache : cache_tops {
  // The first slot of a row stays null, so that an empty class is told by what is taken.
  static constexpr std::size_t slots = 64;
  static constexpr std::size_t most = slots - 1;
  static constexpr std::size_t row_size = slots * sizeof(void*);

  // Each is aligned to its size, so that the low bits of a pointer behind its last slot say that it is full.
  alignas(row_size) void* rows[class_count][slots];
};

// returns: the calling thread's; null if it has none
thread_cache* cache_of_this_thread() noexcept;

// returns: a block of the class that this thread freed; null if there is none
MALLOCSPY_INLINE void* take_cached(size_class of) noexcept {
  void**& top = this_words.cache->tops[of];
  void** last = top - 1;
  void* block = *last;
  if (MALLOCSPY_LIKELY(block != nullptr)) {
    top = last;
  }
  return block;
}

// effects: keeps a block of the class that has left the block map
// returns: false, and nothing is kept, if there is no room or it is of long_class
MALLOCSPY_INLINE bool keep_cached(void* block, size_class of) noexcept {
  void**& top = this_words.cache->tops[of];
  void** place = top;
  if (MALLOCSPY_UNLIKELY(reinterpret_cast<std::uintptr_t>(place) % thread_cache::row_size == 0)) {
    return false;
  }
  *place = block;
  top = place + 1;
  return true;
}

// effects: what keep_cached did not keep goes to mimalloc, half of a full class with it; the thread gets a cache if it has
//   none. errno is kept
MALLOCSPY_OUT_OF_LINE void release_uncached(void* block, size_class of) noexcept;

// effects: gives all that this thread keeps back to mimalloc
void empty_cache() noexcept;

} // namespace mallocspy::blocks
