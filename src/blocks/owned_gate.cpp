// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates.
#include "blocks/owned_gate.hpp"

#include <sched.h>

namespace mallocspy::blocks {

// What the word guards takes less time than going to sleep, so some patience first.
void owned_gate::lock_slowly() noexcept {
  for (int tries = 0; tries < 16; ++tries) {
    unsigned seen = free_word;
    if (m_word.compare_exchange_strong(seen, taken, std::memory_order_acquire, std::memory_order_relaxed)) {
      return;
    }
    sched_yield();
  }
  constexpr unsigned patience = 2;
  pthread_mutex_lock(&m_waiting);
  // Taken as wanted, since others may be waiting too: one wake too many does no harm.
  unsigned overtaken = 0;
  while (!m_handed_over && m_word.exchange(wanted, std::memory_order_acquire) != free_word) {
    if (++overtaken == patience) {
      ++m_impatient;
    }
    pthread_cond_wait(&m_changed, &m_waiting);
  }
  m_handed_over = false;
  m_impatient -= overtaken >= patience ? 1 : 0;
  pthread_mutex_unlock(&m_waiting);
}

// effects: by the thread that has the word, with m_waiting locked: the word is free, or another thread's
void owned_gate::pass_on() noexcept {
  if (m_impatient != 0) {
    m_handed_over = true; // and stays wanted: nobody gets in between
  } else {
    m_word.store(free_word, std::memory_order_release);
  }
  pthread_cond_broadcast(&m_changed);
}

void owned_gate::unlock_slowly() noexcept {
  pthread_mutex_lock(&m_waiting);
  pass_on();
  pthread_mutex_unlock(&m_waiting);
}

void owned_gate::wait_slowly() noexcept {
  while (m_owner != nullptr && m_owner != this_thread_mark()) {
    // The owner changes under the word, and wakes under the other mutex: between the two it cannot get past this thread.
    pthread_mutex_lock(&m_waiting);
    pass_on();
    pthread_cond_wait(&m_changed, &m_waiting);
    pthread_mutex_unlock(&m_waiting);
    lock();
  }
}

void owned_gate::open() noexcept {
  m_owner = nullptr;
  m_times = 0;
  pthread_mutex_lock(&m_waiting);
  pthread_cond_broadcast(&m_changed);
  pthread_mutex_unlock(&m_waiting);
}

bool owned_gate::keep_only_mine() noexcept {
  m_waiting = PTHREAD_MUTEX_INITIALIZER;
  m_changed = PTHREAD_COND_INITIALIZER;
  m_impatient = 0;
  m_handed_over = false;
  if (times_held() != 0) {
    return true;
  }
  m_owner = nullptr;
  m_times = 0;
  return false;
}

} // namespace mallocspy::blocks
