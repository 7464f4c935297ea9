// SPDX-License-Identifier: MIT
// What the ready-made spies keep for each thread: a page from the system, made when the thread first needs it and given
// back when it ends. Thread-local storage itself holds a pointer only: there is little room for a library that is loaded
// late. Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "spies/walked_stack.hpp"

namespace mallocspy::spies {

struct thread_memory {
  walked_stack walked;
};

// returns: the calling thread's, zeroed when it is new; null without memory and at the end of the thread, when its
//   destructors run
thread_memory* this_threads_memory() noexcept;

} // namespace mallocspy::spies
