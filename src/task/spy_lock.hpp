// SPDX-License-Identifier: MIT
// The lock of classic spies. While the process has one thread it is taken by a plain store, since nobody can be there to
// compete; the atomic instructions of a mutex would be the dearest part of a spied call.
// Runs inside hooks: never allocates from what is hooked.
#pragma once

#include "blocks/fork_safe_lock.hpp"
#include "blocks/one_thread.hpp"

#include <atomic>
#include <sched.h>

namespace mallocspy::task {

class spy_lock {
public:
  void lock() noexcept {
    m_mutex.lock();
    // A hook may have started threads while its call holds the lock alone. Rare, and over soon.
    while (m_taken_alone.load(std::memory_order_acquire)) {
      sched_yield();
    }
  }
  void unlock() noexcept {
    m_mutex.unlock();
  }

  // For a thread that is the process's only one, and does not hold the lock. It unlocks in the same way, even if the
  // process has got more threads meanwhile.
  void lock_alone() noexcept {
    m_taken_alone.store(true, std::memory_order_relaxed);
  }
  void unlock_alone() noexcept {
    m_taken_alone.store(false, std::memory_order_release);
  }

private:
  blocks::fork_safe_lock m_mutex;
  std::atomic<bool> m_taken_alone{false};
};

} // namespace mallocspy::task
