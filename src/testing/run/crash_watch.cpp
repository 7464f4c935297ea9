// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "testing/run/crash_watch.hpp"

#include "blocks/sanitizer_hints.hpp"

#include <csignal>
#include <initializer_list>

namespace mallocspy::testing_detail {

namespace {

#if defined(MALLOCSPY_ASAN)
constexpr bool handlers_are_the_sanitizers = true;
#else
constexpr bool handlers_are_the_sanitizers = false;
#endif

child_facts* told = nullptr;
board_stacks* stacks_of = nullptr;

void on_crash(int number, siginfo_t*, void* context) noexcept {
  std::signal(number, SIG_DFL);
  const void* addresses[stack_record::most_frames];
  const std::size_t count = capture_interrupted_stack(context, addresses, stack_record::most_frames);
  told->crash_stack = stacks_of->number_of(store_stack(addresses, count));
  // The faulting instruction is run again, or abort() raises the signal again; a signal that was sent is not.
  ::raise(number);
}

} // namespace

void watch_for_crashes(child_facts& facts, board_stacks& stacks, bool replaces) noexcept {
  told = &facts;
  stacks_of = &stacks;
  // A stack that has overflown has no room for a handler.
  alignas(16) static char room[65536];
  const stack_t alternative{room, 0, sizeof room};
  ::sigaltstack(&alternative, nullptr);
  for (const int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) {
    struct sigaction present {};
    ::sigaction(number, nullptr, &present);
    if (replaces || handlers_are_the_sanitizers ||
        ((present.sa_flags & SA_SIGINFO) == 0 && present.sa_handler == SIG_DFL)) {
      struct sigaction action {};
      action.sa_sigaction = on_crash;
      action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
      ::sigaction(number, &action, nullptr);
    }
  }
}

} // namespace mallocspy::testing_detail
