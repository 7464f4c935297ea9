// SPDX-License-Identifier: MIT
// What each thread knows of its own spied calls, and the roster of the threads that make them without the lock.
// Runs inside hooks: never allocates from what is hooked. Nothing here has a constructor or a destructor: it works before
// main and in the last destructors of a thread.
#pragma once

#include "blocks/hints.hpp"
#include "blocks/spied_set.hpp"
#include "blocks/thread_words.hpp"

#include <atomic>
#include <cstdint>
#include <mallocspy/blocks/request_info.hpp>
#include <mallocspy/contract/contract.hpp>

namespace mallocspy::task {

inline constexpr std::size_t default_alignment = 2 * sizeof(void*);
inline constexpr request_info task_request{default_alignment, false, entry_point::task};

// Where a thread stands (blocks/thread_words.hpp): one of these, none of which spy_word can ever be. Or, between
// two calls, the word under which it entered last: while that is still the word, it may enter again at once. Those in a
// call are the odd ones.
enum entrance : std::uintptr_t {
  inside = 1,                         // on the roster, in a call without the lock
  no_member = blocks::stands_nowhere, // not on the roster (yet, or any more), or not known to be
  holding = 3,                        // in a call that holds the lock, or waits for it
  outside = 6,                        // on the roster, in no call
};

// returns: whether a thread that stands so is in a spied call
MALLOCSPY_INLINE bool is_in_call(std::uintptr_t stand) noexcept {
  return (stand & 1) != 0;
}

struct spy_thread {
  // Read by one that forks: this thread waits in a hook for the lock.
  std::atomic<bool> parked;

  // This thread's only.
  const request_info* request; // of the innermost call; &task_request outside of one, so that most need not say theirs
  blocks::node_stock nodes;

  // Guarded by the lock. The words of a member: `spied` is written by this thread while it is inside, and read by others
  // only once they have seen that it is out.
  blocks::thread_words* words;
  bool member;
  bool ended;
  spy_thread* next;
  spy_thread** link;

  // Both of the calling thread.
  // returns: whether it is in a spied call
  static bool in_call() noexcept {
    return is_in_call(blocks::this_words.stand.load(std::memory_order_relaxed));
  }
  // returns: whether its outermost call holds the lock
  static bool holds_lock() noexcept {
    return blocks::this_words.stand.load(std::memory_order_relaxed) == holding;
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
