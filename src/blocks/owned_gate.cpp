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
  pthread_mutex_lock(&m_waiting);
  // Taken as wanted, since others may be waiting too: one wake too many does no harm.
  while (m_word.exchange(wanted, std::memory_order_acquire) != free_word) {
    pthread_cond_wait(&m_changed, &m_waiting);
  }
  pthread_mutex_unlock(&m_waiting);
}

void owned_gate::wake() noexcept {
  pthread_mutex_lock(&m_waiting);
  pthread_cond_broadcast(&m_changed);
  pthread_mutex_unlock(&m_waiting);
}

void owned_gate::wait_slowly() noexcept {
  while (m_owner != nullptr && m_owner != this_thread_mark()) {
    // The owner changes under the word, and wakes under the other mutex: between the two it cannot get past this thread.
    pthread_mutex_lock(&m_waiting);
    if (m_word.exchange(free_word, std::memory_order_release) == wanted) {
      pthread_cond_broadcast(&m_changed);
    }
    pthread_cond_wait(&m_changed, &m_waiting);
    pthread_mutex_unlock(&m_waiting);
    lock();
  }
}

void owned_gate::open() noexcept {
  m_owner = nullptr;
  m_times = 0;
  wake();
}

bool owned_gate::keep_only_mine() noexcept {
  m_waiting = PTHREAD_MUTEX_INITIALIZER;
  m_changed = PTHREAD_COND_INITIALIZER;
  if (times_held() != 0) {
    return true;
  }
  m_owner = nullptr;
  m_times = 0;
  return false;
}

} // namespace mallocspy::blocks
