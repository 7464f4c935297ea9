// SPDX-License-Identifier: MIT
// A pipe that a program which is started does not get.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include <fcntl.h>
#include <unistd.h>

namespace mallocspy::testing_detail {

// flags: O_NONBLOCK or 0. returns: false on failure, with errno
inline bool make_closing_pipe(int (&ends)[2], int flags) noexcept {
#if defined(__linux__)
  return ::pipe2(ends, O_CLOEXEC | flags) == 0;
#else
  if (::pipe(ends) != 0) {
    return false;
  }
  for (const int end : ends) { // another thread that starts a program just now hands them on
    ::fcntl(end, F_SETFD, FD_CLOEXEC);
    ::fcntl(end, F_SETFL, flags);
  }
  return true;
#endif
}

} // namespace mallocspy::testing_detail
