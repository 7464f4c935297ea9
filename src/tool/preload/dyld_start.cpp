// SPDX-License-Identifier: MIT
// Where the preloaded library begins and ends in a program on macOS. What dyld inserts begins before the libraries of the
// program do, and so ends after them. There is no function to stand in for main(): what a program holds at its end is told
// by the frames of exit().
#include "interpose/names/dyld_start.hpp"
#include "interpose/names/dyld_tuple.hpp"
#include "testing/process/child_process.hpp"
#include "tool/preload/arming.hpp"

#include <cstdlib>
#include <unistd.h>

namespace mallocspy::tool {

namespace {

void finish() noexcept {
  end_armed(nullptr);
}

// dyld hands constructors what main() gets.
__attribute__((constructor)) void start(int, char** arguments) noexcept {
  interpose::start_names(); // constructors run in the order in which files are linked
  std::atexit(finish);
  arm(arguments[0]);
}

// A program that ends by these runs no handlers. An exit handler may call it, and hold something. In this library the plain
// names are the system's.
[[noreturn]] void exit_at_once(int status) noexcept {
  end_armed(nullptr);
  testing_detail::end_process(status);
}

void exit_here(int status) {
  exit_at_once(status);
}

MALLOCSPY_DYLD_TUPLE<void(int)> of_exit{exit_here, ::_exit};
MALLOCSPY_DYLD_TUPLE<void(int)> of_c_exit{exit_here, ::_Exit};

} // namespace

} // namespace mallocspy::tool
