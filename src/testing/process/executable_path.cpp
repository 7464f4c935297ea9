// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "testing/process/executable_path.hpp"

#if defined(__APPLE__)
#include <cstdint>
#include <cstring>
#include <mach-o/dyld.h>
#else
#include <unistd.h>
#endif

namespace mallocspy::testing_detail {

std::size_t executable_path(char* path, std::size_t room) noexcept {
  if (room == 0) {
    return 0;
  }
#if defined(__APPLE__)
  auto size = static_cast<std::uint32_t>(room);
  const std::size_t length = ::_NSGetExecutablePath(path, &size) == 0 ? std::strlen(path) : 0;
#else
  const ssize_t read = ::readlink("/proc/self/exe", path, room - 1);
  const std::size_t length = read > 0 ? static_cast<std::size_t>(read) : 0;
#endif
  path[length] = '\0';
  return length;
}

} // namespace mallocspy::testing_detail
