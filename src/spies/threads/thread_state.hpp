// SPDX-License-Identifier: MIT
// What the spies know of each thread: a small number for tables by thread, and a page on which a Pre leaves things for its
// Post (carried.hpp).
// Runs inside hooks: never allocates from what is hooked, takes no lock. Nothing here has a constructor: it works before
// main and in the last destructors of a thread.
#pragma once

#include "blocks/hints.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace mallocspy::spies {

// Threads with a number of their own at one time. All further ones share number 0.
inline constexpr std::uint32_t most_threads = 4096;

struct thread_state {
  std::uint32_t index;  // 1 and up, no other living thread has it; 0: shared, or not asked for yet
  std::uint32_t serial; // 1 and up, no other thread of the process ever has it; 0: not asked for yet
  bool ended;           // its number was given back: what its later destructors do goes under number 0
  std::uint32_t top;    // words in use on the page
  std::uintptr_t* page; // null: none yet
};

// Not thread_local: the compiler would call a function on each use, to see whether it must be constructed.
MALLOCSPY_INNER extern __thread thread_state this_thread;

inline constexpr std::size_t page_words = 512;

// effects: gives the thread its numbers. returns: its index
MALLOCSPY_COLD std::uint32_t number_this_thread() noexcept;

// effects: gives the thread its page. returns: the page; null without memory
MALLOCSPY_COLD std::uintptr_t* make_page() noexcept;

inline std::uint32_t index_of_this_thread() noexcept {
  const std::uint32_t index = this_thread.index;
  return MALLOCSPY_LIKELY(index != 0) ? index : number_this_thread();
}

} // namespace mallocspy::spies
