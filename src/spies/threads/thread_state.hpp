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

inline constexpr std::size_t page_words = 512;

// Of a frame on it: the value, and behind it who left it and how many words the value has.
inline constexpr std::size_t frame_words = 2;

struct thread_state {
  std::uint32_t index;  // 1 and up, no other living thread has it; 0: shared, or not asked for yet
  std::uint32_t serial; // 1 and up, no other thread of the process ever has it; 0: not asked for yet
  bool ended;           // its number was given back: what its later destructors do goes under number 0
  std::uintptr_t* top;  // behind what is in use on the page; without one, this and the next are behind no_page
  std::uintptr_t* end;  // of the page
  std::uint64_t table;  // the table by thread that it was in last; 0: none
  void* entry;          // its entry there
};

// The page of a thread that has none: one empty frame, and no room.
MALLOCSPY_INNER extern std::uintptr_t no_page[frame_words];

// Not thread_local: the compiler would call a function on each use, to see whether it must be constructed.
MALLOCSPY_INNER extern __thread thread_state this_thread;

// effects: gives the thread its numbers. returns: its index
MALLOCSPY_COLD std::uint32_t number_this_thread() noexcept;

// returns: the thread's page; null if it has none
inline std::uintptr_t* page_of(const thread_state& thread) noexcept {
  return thread.end == no_page + frame_words ? nullptr : thread.end - page_words;
}

// effects: gives the thread its page, on which one empty frame is in use. returns: false without memory
MALLOCSPY_COLD bool make_page() noexcept;

// returns: a number that no other table by thread ever has. threads: any
std::uint64_t number_of_new_table() noexcept;

inline std::uint32_t index_of_this_thread() noexcept {
  const std::uint32_t index = this_thread.index;
  return MALLOCSPY_LIKELY(index != 0) ? index : number_this_thread();
}

} // namespace mallocspy::spies
