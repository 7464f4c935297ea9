// SPDX-License-Identifier: MIT
// A lock in two parts: a mutex, held for short, and a gate that one thread may hold for as long as it likes, again and
// again. Whoever has the mutex looks whether another thread holds the gate, and waits until it does not. Since nobody keeps
// the mutex while it waits for anything, a fork can take it at any time, and the child can tell whose gate it finds. Runs
// inside hooks: never allocates.
#pragma once

#include "blocks/hints.hpp"
#include "blocks/one_thread.hpp"

#include <atomic>
#include <pthread.h>

namespace mallocspy::blocks {

// A thread, as the address of something that only it has.
MALLOCSPY_INLINE const void* this_thread_mark() noexcept {
  static __thread char mark;
  return &mark;
}

class owned_gate {
public:
  // The mutex: one word, so that it costs next to nothing where nobody else wants it; who must wait does so at a condition.
  void lock() noexcept {
    unsigned seen = free_word;
    if (process_has_one_thread() && m_word.load(std::memory_order_relaxed) == free_word) {
      m_word.store(taken, std::memory_order_relaxed);
    } else if (MALLOCSPY_UNLIKELY(
                   !m_word.compare_exchange_strong(seen, taken, std::memory_order_acquire, std::memory_order_relaxed))) {
      lock_slowly();
    }
  }
  void unlock() noexcept {
    unsigned seen = taken;
    if (process_has_one_thread()) {
      m_word.store(free_word, std::memory_order_relaxed);
    } else if (MALLOCSPY_UNLIKELY(!m_word.compare_exchange_strong(seen, free_word, std::memory_order_release,
                                                                  std::memory_order_relaxed))) {
      unlock_slowly();
    }
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
  static constexpr unsigned free_word = 0;
  static constexpr unsigned taken = 1;
  static constexpr unsigned wanted = 2; // taken, and somebody may be waiting

  void lock_slowly() noexcept;
  void unlock_slowly() noexcept;
  void wait_slowly() noexcept;
  void pass_on() noexcept;

  std::atomic<unsigned> m_word{free_word};
  unsigned m_times = 0;
  const void* m_owner = nullptr;
  // Where threads wait, for the word or for the owner. Whoever changes what they wait for has this mutex when it wakes
  // them.
  pthread_mutex_t m_waiting = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t m_changed = PTHREAD_COND_INITIALIZER;
  // Guarded by m_waiting. A thread that others have overtaken too often gets the word from hand to hand.
  unsigned m_impatient = 0;
  bool m_handed_over = false;
};

} // namespace mallocspy::blocks
