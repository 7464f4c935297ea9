// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock; errno is kept.
#include "spies/process/readable_range.hpp"

#include <cerrno>
#include <csignal>
#include <sys/syscall.h>
#include <unistd.h>
#if defined(__APPLE__)
#include <pthread.h>
#endif

namespace mallocspy::spies {

namespace {

constexpr std::uintptr_t page = 4096; // or a part of one
// A frame larger than this is not believed.
constexpr std::uintptr_t furthest = std::uintptr_t{64} << 20;
// Further below than this is taken for another stack.
constexpr std::uintptr_t deepest = std::uintptr_t{1} << 20;

} // namespace

bool page_is_readable(std::uintptr_t address) noexcept {
#if defined(__linux__)
  // The kernel reads the new mask before it refuses to do what it does not know: EFAULT or EINVAL, and nothing is changed.
  constexpr int no_such_action = -1;
  const int kept = errno;
  const long answer = ::syscall(SYS_rt_sigprocmask, no_such_action, address & ~(page - 1), nullptr, sizeof(std::uint64_t));
  const bool readable = answer != 0 && errno == EINVAL;
  errno = kept;
  return readable;
#elif defined(__APPLE__)
  const auto top = reinterpret_cast<std::uintptr_t>(pthread_get_stackaddr_np(pthread_self()));
  return address < top && address >= top - pthread_get_stacksize_np(pthread_self());
#else
  return address == 0;
#endif
}

void readable_range::move_to(std::uintptr_t stack_pointer) noexcept {
  const std::uintptr_t low = stack_pointer & ~(page - 1);
  std::uintptr_t high = low + page; // this very function runs on it
  if (low < m_low && m_low - low <= deepest) {
    // Deeper in the same stack, as a rule.
    while (high < m_low && page_is_readable(high)) {
      high += page;
    }
    high = high < m_low ? low + page : m_high;
  }
  m_low = low;
  m_high = high;
}

bool readable_range::reach(std::uintptr_t address) noexcept {
  if (address < m_low || address - m_high > furthest) {
    return false;
  }
  while (m_high <= address) {
    if (!page_is_readable(m_high)) {
      return false;
    }
    m_high += page;
  }
  return true;
}

} // namespace mallocspy::spies
