// SPDX-License-Identifier: MIT
// What the ready-made spies keep for each thread: a few pages from the system, made when the thread first needs them and
// given back when it ends. Thread-local storage itself holds a pointer only: there is little room for a library that is
// loaded late. Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "blocks/hints.hpp"
#include "spies/stacks/walked_stack.hpp"

namespace mallocspy::spies {

struct thread_memory {
  walked_stack walked;
};

// Null: none yet, or none any more. Not thread_local: the compiler would call a function on each use, to see whether it
// must be constructed.
MALLOCSPY_INNER extern __thread thread_memory* thread_memory_or_none;

// effects, returns: as this_threads_memory(), where there is none
MALLOCSPY_COLD thread_memory* make_thread_memory() noexcept;

// returns: the calling thread's, zeroed when it is new; null without memory and at the end of the thread, when its
//   destructors run
inline thread_memory* this_threads_memory() noexcept {
  return MALLOCSPY_LIKELY(thread_memory_or_none != nullptr) ? thread_memory_or_none : make_thread_memory();
}

} // namespace mallocspy::spies
