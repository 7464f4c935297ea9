// SPDX-License-Identifier: MIT
// What most operations touch of the thread that they run on, in one object: they compute its address once.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "blocks/hints.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace mallocspy::blocks {

struct cache_tops;

// What `stand` is at first: no address of an object.
inline constexpr std::uintptr_t stands_nowhere = 2;

struct thread_words {
  // The tops of the thread's cache. Of a thread that has none, not yet or not any more, they lead behind a row that is
  // empty and full at once (thread_cache.hpp).
  cache_tops* cache;

  // Where a spied call came from: the frame of the function that the client's call has led to. It returns to the client, as
  // the doors end in a jump. For spies that look at call stacks; the host sets it, if it is this library. Good between a
  // Pre and the return of its Post; null if the host of the spy sets none.
  const void* client_frame;

  // Of the host of spies (task/spy_thread.hpp). Where the thread stands, as far as calls without the lock go; nowhere at
  // first. Written by this thread; read by one that revokes or forks.
  std::atomic<std::uintptr_t> stand;
  // Client pointers that it has entered into the spied set minus those that it has taken out.
  std::ptrdiff_t spied;
};

// Not thread_local: the compiler would call a function on each use, to see whether it must be constructed.
MALLOCSPY_INNER extern __thread thread_words this_words;

} // namespace mallocspy::blocks
