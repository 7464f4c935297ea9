// SPDX-License-Identifier: MIT
// Where the preloaded library begins and ends in a program on Linux.
#include "testing/process/child_process.hpp"
#include "testing/run/dead_stack.hpp"
#include "tool/preload/arming.hpp"

#include <dlfcn.h>
#include <unistd.h>

namespace mallocspy::tool {

namespace {

// The library is marked as the one whose constructors come first of all, before those of the program's libraries; the C
// library has not been told of the environment then.
__attribute__((constructor(101))) void know_environment(int, char**, char** variables) noexcept {
  if (::environ == nullptr) {
    ::environ = variables;
  }
}

// After the constructors of the C++ library in this one, which allocate: that is not the program's doing. So this file is
// linked last.
__attribute__((constructor)) void start(int, char** arguments, char**) noexcept {
  arm(arguments[0] == nullptr ? "" : arguments[0]); // a program may be started without even a name
}

// What is held once main() has returned. The frames of exit handlers come to lie where main() and all that it called have
// left theirs: in the gaps would be stale pointers.
spies::calling_thread after_main{};
bool main_has_returned = false;

// After the program's own exit handlers and destructors.
__attribute__((destructor)) void finish() noexcept {
  end_armed(main_has_returned ? &after_main : nullptr);
}

// An exit handler may call it, and hold something.
[[noreturn]] void exit_at_once(int status) noexcept {
  end_armed(nullptr);
  testing_detail::end_process(status);
}

using main_function = int (*)(int, char**, char**);
main_function program_main = nullptr;

int run_main(int argc, char** argv, char** environment) {
  const int status = program_main(argc, argv, environment);
  if (armed_task() == task::run) {
    testing_detail::clear_stack_below<65536>(); // what main() has called
  }
  spies::store_registers(after_main, __builtin_frame_address(0));
  main_has_returned = true;
  return status;
}

} // namespace

} // namespace mallocspy::tool

extern "C" {
// What the linker looks for, so that it takes this file.
extern const char mallocspy_preload_start;
const char mallocspy_preload_start = 0;

// Where a program begins: the C library's own name. NOLINTNEXTLINE(bugprone-reserved-identifier)
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
  mallocspy::tool::exit_at_once(status);
}
__attribute__((visibility("default"))) void _Exit(int status) noexcept {
  mallocspy::tool::exit_at_once(status);
}
}
