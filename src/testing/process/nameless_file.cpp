// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "testing/process/nameless_file.hpp"

#if defined(__linux__)
#include <sys/mman.h>
#include <sys/syscall.h>
#else
#include <cstdlib>
#include <fcntl.h>
#endif
#include <unistd.h>

namespace mallocspy::testing_detail {

int make_nameless_file([[maybe_unused]] const char* label) noexcept {
#if defined(__linux__)
  return static_cast<int>(::syscall(SYS_memfd_create, label, MFD_CLOEXEC));
#else
  char name[] = "/tmp/mallocspy_XXXXXX";
  const int file = ::mkstemp(name);
  if (file >= 0) {
    ::unlink(name);
    ::fcntl(file, F_SETFD, FD_CLOEXEC);
  }
  return file;
#endif
}

} // namespace mallocspy::testing_detail
