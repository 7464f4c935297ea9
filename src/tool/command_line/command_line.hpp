// SPDX-License-Identifier: MIT
// Reads the command line.
#pragma once

#include "tool/commands.hpp"

#include <string>
#include <variant>
#include <vector>

namespace mallocspy::tool {

// There is nothing to do but to say this.
struct answer {
  int status;
  std::string out; // for standard output
  std::string err; // for standard error: one line
};

using invocation = std::variant<answer, run_command, fail_command, sweep_command, report_command>;

// words: without the command's own name. What follows the first "--", or else the first word that is neither an option nor
//   an option's value, is the program and its arguments, and is not looked at
// returns: what to do. For a command line that cannot be understood: an answer with the status 2
invocation parse_command_line(const std::vector<std::string>& words);

} // namespace mallocspy::tool
