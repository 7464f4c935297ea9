// SPDX-License-Identifier: MIT
// A signal handler that says which block was touched, where pages are inaccessible; the program then ends as it would have
// without it. Runs in a signal handler: never allocates, takes no lock.
#include "spies/guard/guard_parts.hpp"

#include <csignal>

namespace mallocspy::guard_faults {

namespace {

struct watcher {
  std::atomic<const void*> context;
  std::atomic<find_block> find;
};
watcher watchers[8];
struct sigaction before_segv;
struct sigaction before_bus;

// A page of ours, or somebody else's mistake: whoever handled it before handles it now, and else it ends the program.
void on_fault(int signal, siginfo_t* info, void*) {
  for (const watcher& w : watchers) {
    const void* context = w.context.load(std::memory_order_acquire);
    guard_finding found{};
    if (context != nullptr && w.find.load(std::memory_order_relaxed)(context, info->si_addr, found)) {
      report_guard_finding(found);
    }
  }
  sigaction(signal, signal == SIGBUS ? &before_bus : &before_segv, nullptr);
  // The instruction is executed again, and faults again.
}

// effects: the handler is in force, whoever has set another one meanwhile
void install(int signal, struct sigaction& before) noexcept {
  struct sigaction present = {};
  sigaction(signal, nullptr, &present);
  if ((present.sa_flags & SA_SIGINFO) != 0 && present.sa_sigaction == on_fault) {
    return;
  }
  before = present;
  struct sigaction action = {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

} // namespace

void watch(const void* context, find_block find) noexcept {
  install(SIGSEGV, before_segv);
  install(SIGBUS, before_bus); // macOS
  for (watcher& w : watchers) {
    const void* none = nullptr;
    w.find.store(find, std::memory_order_relaxed); // the same function for all
    if (w.context.compare_exchange_strong(none, context, std::memory_order_release)) {
      return;
    }
  }
}

void watch_no_more(const void* context) noexcept {
  for (watcher& w : watchers) {
    const void* mine = context;
    w.context.compare_exchange_strong(mine, nullptr, std::memory_order_acq_rel);
  }
}

} // namespace mallocspy::guard_faults
