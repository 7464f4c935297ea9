// SPDX-License-Identifier: MIT
// Where the preloaded library begins and ends in a program.
#include "tool/preload/armed_plan.hpp"
#include "tool/preload/armed_spies.hpp"
#include "tool/preload/armed_sweep.hpp"

#include <csignal>
#include <dlfcn.h>
#include <pthread.h>
#include <unistd.h>

namespace mallocspy::tool {

namespace {

task armed_task = task::run;
bool is_armed = false;

void end() noexcept {
  if (!is_armed) {
    return;
  }
  switch (armed_task) {
  case task::run:
    end_spies();
    break;
  case task::plan:
    end_plan();
    break;
  case task::point:
  case task::sweep:
    end_sweep_run();
    break;
  }
}

void after_fork_in_child() noexcept {
  if (!is_armed) {
    return;
  }
  if (armed_task == task::run) {
    spies_after_fork();
    return;
  }
  leave_sweep_run();
  leave_plan();
  is_armed = false;
}

// After the constructors of what it stands on, before those of the program and its libraries.
__attribute__((constructor)) void start() noexcept {
  const attached_session attached = attach_session();
  if (!attached.is_armed) {
    return;
  }
  armed_task = attached.shared->what;
  switch (armed_task) {
  case task::run:
    is_armed = begin_spies(attached);
    break;
  case task::plan:
    is_armed = begin_plan(attached);
    break;
  case task::point:
  case task::sweep:
    is_armed = begin_sweep_run(attached);
    break;
  }
  ::pthread_atfork(nullptr, nullptr, after_fork_in_child);
}

// After the program's own exit handlers and destructors.
__attribute__((destructor)) void finish() noexcept {
  end();
}

[[noreturn]] void exit_at_once(const char* name, int status) noexcept {
  end();
  using function = void (*)(int);
  if (const auto next = reinterpret_cast<function>(::dlsym(RTLD_NEXT, name))) {
    next(status);
  }
  for (;;) {
    ::kill(::getpid(), 9);
  }
}

} // namespace

} // namespace mallocspy::tool

// A program that ends by these runs no handlers.
extern "C" {
__attribute__((visibility("default"))) void _exit(int status) {
  mallocspy::tool::exit_at_once("_exit", status);
}
__attribute__((visibility("default"))) void _Exit(int status) noexcept {
  mallocspy::tool::exit_at_once("_Exit", status);
}
}
