// SPDX-License-Identifier: MIT
// Finds a program as the shell and execvp do.
#pragma once

#include <string>

namespace mallocspy::tool {

// name: with a "/" in it a path; else looked for in the folders of `search_path`
// search_path: the value of PATH: folders with ":" between them, an empty one is the working directory; null: the system's
//   own
// returns: a path with a "/" in it, of a file that may be executed
// errors: std::runtime_error with one line: not found, a folder, or not executable
std::string find_program(const std::string& name, const char* search_path);

} // namespace mallocspy::tool
