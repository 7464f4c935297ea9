// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>
#include <unistd.h>

namespace mallocspy::tests {

// An empty file that goes when its test ends.
struct temporary_file {
  char path[40] = "/tmp/mallocspy_sweep_XXXXXX";
  temporary_file() {
    ::close(::mkstemp(path));
  }
  ~temporary_file() {
    ::unlink(path);
  }
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;
};

} // namespace mallocspy::tests
