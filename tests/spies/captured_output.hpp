// SPDX-License-Identifier: MIT
// What a function writes to a file descriptor.
#pragma once

#include <cstdlib>
#include <string>
#include <unistd.h>

namespace mallocspy::tests {

template <class Function> std::string captured(Function write_to) {
  char name[] = "/tmp/mallocspy_test_XXXXXX";
  const int descriptor = ::mkstemp(name);
  ::unlink(name);
  write_to(descriptor);
  std::string text;
  char part[4096];
  ::lseek(descriptor, 0, SEEK_SET);
  for (ssize_t n = 0; (n = ::read(descriptor, part, sizeof part)) > 0;) {
    text.append(part, static_cast<std::size_t>(n));
  }
  ::close(descriptor);
  return text;
}

} // namespace mallocspy::tests
