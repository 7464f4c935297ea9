// SPDX-License-Identifier: MIT
#include "tool/session/interruption.hpp"

#include <csignal>
#include <iterator>

namespace mallocspy::tool {

namespace {

volatile std::sig_atomic_t came = 0;

void note(int number) noexcept {
  came = number;
  std::signal(number, SIG_DFL);
}

constexpr int noted[] = {SIGINT, SIGTERM, SIGHUP};
struct sigaction before[std::size(noted)];

bool is_ignored(const struct sigaction& action) noexcept {
  return (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_IGN;
}

} // namespace

interruption::interruption() noexcept {
  came = 0;
  for (std::size_t i = 0; i < std::size(noted); ++i) {
    ::sigaction(noted[i], nullptr, &before[i]);
    if (noted[i] != SIGHUP || !is_ignored(before[i])) {
      struct sigaction action {};
      action.sa_handler = note;
      ::sigaction(noted[i], &action, nullptr);
    }
  }
}

interruption::~interruption() {
  for (std::size_t i = 0; i < std::size(noted); ++i) {
    ::sigaction(noted[i], &before[i], nullptr);
  }
}

int interruption::signal() noexcept {
  return came;
}

} // namespace mallocspy::tool
