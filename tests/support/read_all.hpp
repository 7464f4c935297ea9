// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <string>
#include <unistd.h>

namespace mallocspy::tests {

// returns: what comes out of a descriptor up to its end
inline std::string read_all(int descriptor) {
  std::string text;
  char part[4096];
  for (;;) {
    const ssize_t n = ::read(descriptor, part, sizeof part);
    if (n > 0) {
      text.append(part, static_cast<std::size_t>(n));
    } else if (n == 0 || errno != EINTR) {
      return text;
    }
  }
}

} // namespace mallocspy::tests
