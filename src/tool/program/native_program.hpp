// SPDX-License-Identifier: MIT
// Whether a library can be loaded into a program, as far as the program's file says. Each system has its own answer.
#pragma once

#include "tool/program/program_check.hpp"

#include <string>

namespace mallocspy::tool {

// returns: false if the file is no program in the system's format: then it may be a script
// errors: std::runtime_error with one line: it is such a program, and the system would load no library into it, or not ours
bool require_native_preloadable(const std::string& path, const program_user& who);

// effects: throws std::runtime_error, "PATH: WHY"
[[noreturn]] void refuse_program(const std::string& path, const std::string& why);

// effects: refuses a program that is set-uid or set-gid to somebody else
void require_no_privileges(const std::string& path, const program_user& who);

} // namespace mallocspy::tool
