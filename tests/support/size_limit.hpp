// SPDX-License-Identifier: MIT
#pragma once

#include <csignal>
#include <sys/resource.h>

namespace mallocspy::tests {

// While it lives the disk is full for files beyond a size.
class size_limit {
public:
  explicit size_limit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &m_before);
    const struct rlimit limited { bytes, m_before.rlim_max };
    m_handler = std::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &limited);
  }
  ~size_limit() {
    ::setrlimit(RLIMIT_FSIZE, &m_before);
    std::signal(SIGXFSZ, m_handler);
  }
  size_limit(const size_limit&) = delete;
  size_limit& operator=(const size_limit&) = delete;

private:
  struct rlimit m_before {};
  void (*m_handler)(int) = nullptr;
};

} // namespace mallocspy::tests
