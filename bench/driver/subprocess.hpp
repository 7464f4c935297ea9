// SPDX-License-Identifier: MIT
// Runs a program to its end and keeps what it wrote.
#pragma once

#include <string>
#include <vector>

namespace mallocspy::bench {

struct finished {
  int status; // exit status; 128 plus the number of the signal that ended it; 127 if it could not be started
  std::string out;
  std::string err;
};

// effects: runs command[0], looked up in PATH unless it has a slash, with LD_PRELOAD set to `preload` unless that is empty
// errors: std::system_error if no pipe or process can be made
finished run_program(const std::vector<std::string>& command, const std::string& preload = "");

// returns: the last line of a text that is not empty, without its end: what a program that fails says at the end
std::string last_line(const std::string& text);

} // namespace mallocspy::bench
