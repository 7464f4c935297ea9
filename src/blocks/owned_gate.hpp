// SPDX-License-Identifier: MIT
// A lock in two parts: a mutex, held for short, and a gate that one thread may hold for as long as it likes, again and
// again. Whoever has the mutex looks whether another thread holds the gate, and waits until it does not. Since nobody keeps
// the mutex while it waits for anything, a fork can take it at any time, and the child can tell whose gate it finds. Runs
// inside hooks: never allocates.
#pragma once

#include "blocks/hints.hpp"
#include "blocks/word_lock.hpp"

namespace mallocspy::blocks {

// A thread, as the address of something that only it has.
MALLOCSPY_INLINE const void* this_thread_mark() noexcept {
  static __thread char mark;
  return &mark;
}

class owned_gate {
public:
  // The mutex.
  void lock() noexcept {
    m_mutex.lock();
  }
  void unlock() noexcept {
    m_mutex.unlock();
  }

  // All that follows: by the thread that has locked the mutex.

  // returns: whether anybody holds the gate
  bool is_held() const noexcept {
    return m_owner != nullptr;
  }

  // effects: returns when no other thread holds the gate; unlocks the mutex while it waits
  void wait_for_others() noexcept {
    if (MALLOCSPY_UNLIKELY(m_owner != nullptr)) {
      wait_slowly();
    }
  }

  // effects: waits, then holds the gate, once more. returns: whether it is the first time
  bool hold() noexcept {
    wait_for_others();
    m_owner = this_thread_mark();
    return ++m_times == 1;
  }

  // returns: how often this thread holds the gate
  unsigned times_held() const noexcept {
    return m_owner == this_thread_mark() ? m_times : 0;
  }

  // effects: gives the gate back once. returns: whether this thread held it
  bool release() noexcept {
    if (times_held() == 0) {
      return false;
    }
    if (--m_times == 0) {
      open();
    }
    return true;
  }

  // effects: nobody holds the gate any more, and whoever waits goes on
  void open() noexcept;

  // effects: only in the child of a fork: a gate of a thread that is not here is free, and nobody waits
  // returns: whether this thread holds it
  bool keep_only_mine() noexcept;

private:
  void wait_slowly() noexcept;

  word_lock m_mutex;
  unsigned m_times = 0;
  const void* m_owner = nullptr;
};

} // namespace mallocspy::blocks
