// SPDX-License-Identifier: MIT
// A lock that can be freed in the child of a fork, and that is never destroyed: it is still good in the last destructor of
// a process. One atomic instruction a round trip, none while the process has one thread: half of what a mutex of the system
// needs. Whoever finds it taken tries again, and sleeps in between the longer it lasts.
#pragma once

#include "blocks/hints.hpp"
#include "blocks/one_thread.hpp"

#include <atomic>

namespace mallocspy::blocks {

class fork_safe_lock {
public:
  void lock() noexcept {
    if (process_has_one_thread()) {
      m_taken.store(true, std::memory_order_relaxed); // by nobody so far: this thread does not hold it
    } else if (MALLOCSPY_UNLIKELY(m_taken.exchange(true, std::memory_order_acquire))) {
      lock_slowly();
    }
  }
  void unlock() noexcept {
    m_taken.store(false, std::memory_order_release);
  }

private:
  MALLOCSPY_OUT_OF_LINE void lock_slowly() noexcept;

  std::atomic<bool> m_taken{false};
};

} // namespace mallocspy::blocks
