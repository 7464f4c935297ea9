// SPDX-License-Identifier: MIT
#include "testing/report/signal_name.hpp"

#include <csignal>
#include <cstdlib>
#include <cstring>

namespace mallocspy::testing_detail {

namespace {

struct named_signal {
  int number;
  const char* name;
};

// A table, since not every C library has sigabbrev_np, and names must be read back.
constexpr named_signal signals[] = {
    {SIGABRT, "SIGABRT"}, {SIGALRM, "SIGALRM"}, {SIGBUS, "SIGBUS"},       {SIGCHLD, "SIGCHLD"}, {SIGCONT, "SIGCONT"},
    {SIGFPE, "SIGFPE"},   {SIGHUP, "SIGHUP"},   {SIGILL, "SIGILL"},       {SIGINT, "SIGINT"},   {SIGKILL, "SIGKILL"},
    {SIGPIPE, "SIGPIPE"}, {SIGPROF, "SIGPROF"}, {SIGQUIT, "SIGQUIT"},     {SIGSEGV, "SIGSEGV"}, {SIGSTOP, "SIGSTOP"},
    {SIGSYS, "SIGSYS"},   {SIGTERM, "SIGTERM"}, {SIGTRAP, "SIGTRAP"},     {SIGTSTP, "SIGTSTP"}, {SIGTTIN, "SIGTTIN"},
    {SIGTTOU, "SIGTTOU"}, {SIGURG, "SIGURG"},   {SIGUSR1, "SIGUSR1"},     {SIGUSR2, "SIGUSR2"}, {SIGWINCH, "SIGWINCH"},
    {SIGXCPU, "SIGXCPU"}, {SIGXFSZ, "SIGXFSZ"}, {SIGVTALRM, "SIGVTALRM"},
};

constexpr const char* unnamed = "signal ";

} // namespace

std::string signal_name(int signal) {
  if (signal == 0) {
    return {};
  }
  for (const named_signal& known : signals) {
    if (known.number == signal) {
      return known.name;
    }
  }
  return unnamed + std::to_string(signal);
}

int signal_number(const std::string& name) noexcept {
  for (const named_signal& known : signals) {
    if (name == known.name) {
      return known.number;
    }
  }
  const std::size_t prefix = std::strlen(unnamed);
  return name.compare(0, prefix, unnamed) == 0 ? static_cast<int>(std::strtol(name.c_str() + prefix, nullptr, 10)) : 0;
}

} // namespace mallocspy::testing_detail
