// SPDX-License-Identifier: MIT
// A file that is gone when the test ends.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <unistd.h>

namespace mallocspy::tests {

class temporary_file {
public:
  temporary_file() {
    const int descriptor = ::mkstemp(m_name);
    ::close(descriptor);
  }
  ~temporary_file() {
    std::remove(m_name);
  }
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;

  std::string path() const {
    return m_name;
  }

private:
  char m_name[32] = "/tmp/mallocspy_test_XXXXXX";
};

} // namespace mallocspy::tests
