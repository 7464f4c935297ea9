// SPDX-License-Identifier: MIT
// What each thread knows of its own spied calls, and the roster of the threads that make them without the lock.
// Runs inside hooks: never allocates from what is hooked. Nothing here has a constructor or a destructor: it works before
// main and in the last destructors of a thread.
#pragma once

#include "blocks/hints.hpp"
#include "blocks/spied_set.hpp"

#include <atomic>
#include <mallocspy/blocks/request_info.hpp>
#include <mallocspy/contract/contract.hpp>

namespace mallocspy::task {

// Where a thread stands, as far as calls without the lock go.
enum thread_state : unsigned {
  outside = 0,   // on the roster, in no call: may enter at once
  inside = 1,    // on the roster, in a call without the lock
  no_member = 2, // not on the roster (yet, or any more), or in a call that holds the lock
};

struct spy_thread {
  // A thread_state. Written by this thread; read by one that revokes or forks, if this thread is on the roster.
  std::atomic<unsigned> state;
  // Read by one that forks: this thread waits in a hook for the lock.
  std::atomic<bool> parked;
  // Written by this thread without the lock, summed under it: client pointers entered into the spied set minus those taken
  // out.
  std::atomic<std::ptrdiff_t> spied;

  // This thread's only.
  const request_info* request; // of the innermost call; stale outside of one
  bool locked;                 // the outermost call holds the lock
  blocks::node_stock nodes;

  // Guarded by the lock.
  bool member;
  bool ended;
  spy_thread* next;
  spy_thread** link;

  // effects: says that as many client pointers more are in the spied set. By this thread, without the lock: nobody else
  // writes its count, so no atomic addition is needed
  void count(std::ptrdiff_t change) noexcept {
    spied.store(spied.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
  }

  bool in_call() const noexcept {
    return locked || state.load(std::memory_order_relaxed) == inside;
  }
};

// Not thread_local: the compiler would call a function on each use, to see whether it must be constructed.
MALLOCSPY_INNER extern __thread spy_thread this_thread;

// The threads that have made a call without the lock and have not ended. All of this under the spy's lock.
namespace roster {

// effects: enters the thread; it leaves when it ends. A thread that has left does not come back: it has no more end
// returns: whether the thread is on the roster now
bool enter(spy_thread& thread) noexcept;

// returns: whether no other thread is inside a call without the lock
bool others_are_out() noexcept;

// returns: the same, but a thread that waits in a hook for the lock counts as out
bool others_are_out_or_parked() noexcept;

// returns: the sum of `spied` over all members. Exact once they are out
std::ptrdiff_t spied() noexcept;

// effects: only in the child of a fork: takes off the threads that the child has not
// returns: the sum of what they had spied
std::ptrdiff_t keep_only(spy_thread& survivor, blocks::node_stock& stock) noexcept;

} // namespace roster

} // namespace mallocspy::task
