// SPDX-License-Identifier: MIT
// A mutex of one word: a store each way while the process has one thread, an atomic instruction to take it and a store to
// give it back where nobody else wants it. Who must wait looks at the word for a few microseconds, ever more rarely so that
// the holder keeps its cache line, and sleeps then; who has been overtaken twice gets the word from hand to hand, so that
// nobody starves. Never destroyed, not recursive, and the thread that forks while it holds it may unlock it in the child
// too. Runs inside hooks: never allocates.
#pragma once

#include "blocks/hints.hpp"
#include "blocks/one_thread.hpp"

#include <atomic>
#include <pthread.h>

namespace mallocspy::blocks {

class word_lock {
public:
  // effects: waits until no other thread holds the lock, then holds it. errno is kept
  MALLOCSPY_INLINE void lock() noexcept {
    if (MALLOCSPY_UNLIKELY(!lock_if_free())) {
      lock_slowly();
    }
  }

  // effects: the same, if no other thread holds the lock. returns: whether it is done
  MALLOCSPY_INLINE bool lock_if_free() noexcept {
    unsigned seen = free_word;
    if (MALLOCSPY_LIKELY(process_has_one_thread())) {
      m_word.store(taken, std::memory_order_relaxed); // nobody else can have it
      return true;
    }
    return m_word.compare_exchange_strong(seen, taken, std::memory_order_acquire, std::memory_order_relaxed);
  }

  // effects: by the thread that holds it, even if the process has got more threads, or lost some, since it took the lock
  MALLOCSPY_INLINE void unlock() noexcept {
    if (MALLOCSPY_UNLIKELY(!unlock_if_unwanted())) {
      unlock_slowly();
    }
  }

  // effects: the same, unless another thread may be asleep. returns: whether it is done
  // No atomic instruction orders the question before the answer: who goes to sleep in between sees to it (lock_by_sleeping)
  MALLOCSPY_INLINE bool unlock_if_unwanted() noexcept {
    if (MALLOCSPY_UNLIKELY(m_wanted.load(std::memory_order_relaxed))) {
      return false;
    }
    m_word.store(free_word, std::memory_order_release);
    return true;
  }

  // Both that follow: by the thread that holds the lock.

  // effects: waits, without the lock, until some thread that has held it since tells a change, or for no reason
  void wait_for_change() noexcept;

  // effects: whoever waits for a change goes on, once it gets the lock
  void tell_change() noexcept;

  // effects: only in the child of a fork, whose thread holds the lock: nobody waits for it
  void after_fork_in_child() noexcept;

private:
  static constexpr unsigned free_word = 0;
  static constexpr unsigned taken = 1;

  MALLOCSPY_COLD void lock_slowly() noexcept;
  MALLOCSPY_COLD void unlock_slowly() noexcept;
  bool lock_by_looking() noexcept;
  void lock_by_sleeping() noexcept;
  bool sleep_briefly() noexcept;
  void pass_on() noexcept;

  std::atomic<unsigned> m_word{free_word};
  std::atomic<bool> m_wanted{false}; // somebody may be asleep
  // Where threads sleep. Whoever changes what they wait for has this mutex when it wakes them.
  pthread_mutex_t m_asleep = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t m_changed = PTHREAD_COND_INITIALIZER;
  // Guarded by m_asleep. A thread that others have overtaken too often gets the word from hand to hand.
  unsigned m_impatient = 0;
  bool m_handed_over = false;
};

} // namespace mallocspy::blocks
