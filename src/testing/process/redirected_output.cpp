// SPDX-License-Identifier: MIT
#include "testing/process/redirected_output.hpp"

#include <cstdio>
#include <fcntl.h>
#include <iostream>
#include <unistd.h>

namespace mallocspy::testing_detail {

namespace {

int replace(int descriptor, int by) noexcept {
  const int before = ::fcntl(descriptor, F_DUPFD_CLOEXEC, first_hidden_descriptor());
  if (::ftruncate(by, 0) == 0) {
    ::lseek(by, 0, SEEK_SET);
  }
  ::dup2(by, descriptor);
  return before;
}

void put_back(int before, int descriptor) noexcept {
  if (before >= 0) {
    ::dup2(before, descriptor);
    ::close(before);
  } else {
    ::close(descriptor); // it was closed
  }
}

} // namespace

redirected_output::redirected_output(const output_files& files) noexcept {
  flush();
  m_out = replace(STDOUT_FILENO, files.out);
  m_err = replace(STDERR_FILENO, files.err);
}

redirected_output::~redirected_output() {
  flush();
  put_back(m_out, STDOUT_FILENO);
  put_back(m_err, STDERR_FILENO);
}

void redirected_output::flush() noexcept {
  std::cout.flush();
  std::cerr.flush();
  std::fflush(nullptr);
}

} // namespace mallocspy::testing_detail
