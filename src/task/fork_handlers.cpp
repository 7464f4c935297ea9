// SPDX-License-Identifier: MIT
#include "task/fork_handlers.hpp"

#include "task/process_gate.hpp"
#include "task/spy_registry.hpp"

#include <pthread.h>

namespace mallocspy::task {

namespace {

// The gate last: a thread inside a hook may wait for it, and the registry waits for that thread.
void before() {
  registry_before_fork();
  gate_before_fork();
}
void after_in_parent() {
  gate_after_fork_in_parent();
  registry_after_fork_in_parent();
}
void after_in_child() {
  registry_after_fork_in_child();
  gate_after_fork_in_child();
}

void install() {
  pthread_atfork(before, after_in_parent, after_in_child);
}

} // namespace

void install_fork_handlers() noexcept {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, install);
}

} // namespace mallocspy::task
