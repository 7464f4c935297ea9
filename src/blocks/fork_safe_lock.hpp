// SPDX-License-Identifier: MIT
// A mutex that is never destroyed: it is still good in the last destructor of a process. It is not recursive, so the thread
// that forks while it holds it may unlock it in the child too.
#pragma once

#include <pthread.h>

namespace mallocspy::blocks {

class fork_safe_lock {
public:
  void lock() noexcept {
    pthread_mutex_lock(&m_mutex);
  }
  void unlock() noexcept {
    pthread_mutex_unlock(&m_mutex);
  }

private:
#if defined(PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP)
  // Waits a little before it sleeps: what it guards is short.
  pthread_mutex_t m_mutex = PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP;
#else
  pthread_mutex_t m_mutex = PTHREAD_MUTEX_INITIALIZER;
#endif
};

} // namespace mallocspy::blocks
