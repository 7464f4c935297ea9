// SPDX-License-Identifier: MIT
// The thread's last walk, for the time of another.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "blocks/hints.hpp"
#include "spies/stacks/thread_memory.hpp"

namespace mallocspy::spies {

// Test it first: a thread may have no memory for one, and a signal handler that has interrupted a walk gets none.
class lent_walk {
public:
  MALLOCSPY_INLINE lent_walk() noexcept {
    thread_memory* mine = this_threads_memory();
    if (MALLOCSPY_LIKELY(mine != nullptr && !mine->walked.in_use.load(std::memory_order_relaxed))) {
      m_walk = &mine->walked;
      m_walk->in_use.store(true, std::memory_order_relaxed);
      std::atomic_signal_fence(std::memory_order_acq_rel);
    }
  }
  MALLOCSPY_INLINE ~lent_walk() {
    if (MALLOCSPY_LIKELY(m_walk != nullptr)) {
      std::atomic_signal_fence(std::memory_order_acq_rel);
      m_walk->in_use.store(false, std::memory_order_relaxed);
    }
  }
  lent_walk(const lent_walk&) = delete;
  lent_walk& operator=(const lent_walk&) = delete;

  explicit operator bool() const noexcept {
    return m_walk != nullptr;
  }
  walked_stack& operator*() const noexcept {
    return *m_walk;
  }

private:
  walked_stack* m_walk = nullptr;
};

} // namespace mallocspy::spies
