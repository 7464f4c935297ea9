// SPDX-License-Identifier: MIT
// All that must be known before a program is started, so that nothing is found out too late.
#pragma once

#include "tool/commands.hpp"

#include <string>
#include <vector>

namespace mallocspy::tool {

struct launch_plan {
  std::string path;               // what to execute: the program, or the script
  std::string image;              // what then runs: the same, or the script's interpreter
  std::string preload;            // absolute path of the library that is loaded into it
  std::vector<std::string> words; // argv, the program's name as it was given first
};

// returns: how to start the program
// errors: std::runtime_error with one line: the program is not found or takes no preloaded library, or the library is
//   missing
launch_plan plan_launch(const launched_program& program);

} // namespace mallocspy::tool
