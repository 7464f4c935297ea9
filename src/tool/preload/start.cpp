// SPDX-License-Identifier: MIT
// Where the preloaded library begins and ends in a program.
#include "tool/preload/armed_plan.hpp"
#include "tool/preload/armed_spies.hpp"
#include "tool/preload/armed_sweep.hpp"

#include <csignal>
#include <cstring>
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

// Before the constructors of the program and its libraries, but after those of what it stands on: the C++ library in this
// one allocates, and that is not the program's doing. So this file is linked last.
__attribute__((constructor)) void start() noexcept {
  const attached_session attached = attach_session();
  if (!attached.is_armed) {
    return;
  }
  ::pthread_atfork(nullptr, nullptr, after_fork_in_child); // may allocate
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

using main_function = int (*)(int, char**, char**);
main_function program_main = nullptr;

// effects: overwrites what main() and all that it called have left on the stack. The frames of exit handlers come to lie
// there, and what is stale in their gaps would look like pointers of the program
__attribute__((noinline)) void clear_stack_below() noexcept {
  char room[65536];
  std::memset(room, 0, sizeof room);
  __asm__ volatile("" : : "r"(room) : "memory"); // so that it is done, though nobody reads it
}

int run_main(int argc, char** argv, char** environment) {
  const int status = program_main(argc, argv, environment);
  clear_stack_below();
  return status;
}

} // namespace

} // namespace mallocspy::tool

extern "C" {
// What the linker looks for, so that it takes this file.
extern const char mallocspy_preload_start;
const char mallocspy_preload_start = 0;

// Where a program begins.
__attribute__((visibility("default"))) int __libc_start_main(mallocspy::tool::main_function main, int argc, char** argv,
                                                             void (*init)(), void (*fini)(), void (*rtld_fini)(),
                                                             void* stack_end) {
  using function = int (*)(mallocspy::tool::main_function, int, char**, void (*)(), void (*)(), void (*)(), void*);
  mallocspy::tool::program_main = main;
  const auto next = reinterpret_cast<function>(::dlsym(RTLD_NEXT, "__libc_start_main"));
  return next(mallocspy::tool::run_main, argc, argv, init, fini, rtld_fini, stack_end);
}

// A program that ends by these runs no handlers.
__attribute__((visibility("default"))) void _exit(int status) {
  mallocspy::tool::exit_at_once("_exit", status);
}
__attribute__((visibility("default"))) void _Exit(int status) noexcept {
  mallocspy::tool::exit_at_once("_Exit", status);
}
}
