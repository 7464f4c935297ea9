// SPDX-License-Identifier: MIT
// What all verbs that start a program find out first.
#pragma once

#include "tool/session/session_folder.hpp"
#include "tool/verbs/commands.hpp"

#include <string>

namespace mallocspy::tool {

struct prepared_program {
  std::string path;    // of the program
  std::string preload; // of the library
};

// errors: std::runtime_error with one line: what is wrong with the program, or that the library is not found
prepared_program prepare_program(const launched_program& program);

// effects: the session arms programs with these names
// errors: std::runtime_error with one line: too many names
void follow_programs(session& shared, const launched_program& program);

// returns: the exit status that a shell would tell of it
int shell_status(int status) noexcept;

} // namespace mallocspy::tool
