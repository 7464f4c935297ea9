// SPDX-License-Identifier: MIT
// A mutex that can be made anew in the child of a fork, and that is never destroyed: it is still good in the last
// destructor of a process.
#pragma once

#include <pthread.h>

namespace mallocspy::task {

class fork_safe_lock {
public:
  void lock() noexcept {
    pthread_mutex_lock(&m_mutex);
  }
  void unlock() noexcept {
    pthread_mutex_unlock(&m_mutex);
  }
  // effects: unlocked, whoever held it. Only in the child of a fork, where no other thread exists
  void reset_in_child() noexcept {
    pthread_mutex_init(&m_mutex, nullptr);
  }

private:
  pthread_mutex_t m_mutex = PTHREAD_MUTEX_INITIALIZER;
};

} // namespace mallocspy::task
