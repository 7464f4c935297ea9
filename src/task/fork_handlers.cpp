// SPDX-License-Identifier: MIT
#include "task/fork_handlers.hpp"

#include "task/spy_registry.hpp"

#include <pthread.h>

namespace mallocspy::task {

namespace {

void install() {
  pthread_atfork(registry_before_fork, registry_after_fork_in_parent, registry_after_fork_in_child);
}

} // namespace

void install_fork_handlers() noexcept {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, install);
}

} // namespace mallocspy::task
