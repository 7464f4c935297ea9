// SPDX-License-Identifier: MIT
#include "blocks/fork_safe_lock.hpp"

#include <cerrno>
#include <ctime>
#include <sched.h>

namespace mallocspy::blocks {

namespace {

void relax() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

void wait_before_try(unsigned tries) noexcept {
  constexpr unsigned spinning = 100;
  constexpr unsigned yielding = spinning + 50;
  if (tries < spinning) {
    relax();
  } else if (tries < yielding) {
    sched_yield();
  } else {
    // A hook that takes its time, or a holder that has lost its processor: 20 microseconds, up to a millisecond.
    const unsigned more = tries - yielding;
    const timespec pause{0, 20000L * (more < 50 ? 1 + more : 50)};
    nanosleep(&pause, nullptr);
  }
}

} // namespace

void fork_safe_lock::lock_slowly() noexcept {
  const int kept = errno;
  unsigned tries = 0;
  do {
    wait_before_try(tries++);
  } while (m_taken.load(std::memory_order_relaxed) || m_taken.exchange(true, std::memory_order_acquire));
  errno = kept;
}

} // namespace mallocspy::blocks
