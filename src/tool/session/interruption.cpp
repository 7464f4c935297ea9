// SPDX-License-Identifier: MIT
#include "tool/session/interruption.hpp"

#include <csignal>
#include <initializer_list>

namespace mallocspy::tool {

namespace {

volatile std::sig_atomic_t came = 0;

void note(int number) noexcept {
  came = number;
  std::signal(number, SIG_DFL);
}

constexpr std::initializer_list<int> noted = {SIGINT, SIGTERM, SIGHUP};

} // namespace

interruption::interruption() noexcept {
  came = 0;
  for (const int number : noted) {
    struct sigaction action {};
    action.sa_handler = note;
    ::sigaction(number, &action, nullptr);
  }
}

interruption::~interruption() {
  for (const int number : noted) {
    std::signal(number, SIG_DFL);
  }
}

int interruption::signal() noexcept {
  return came;
}

} // namespace mallocspy::tool
