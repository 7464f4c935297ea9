// SPDX-License-Identifier: MIT
// The standard input of a program that is run again and again: a file that each run reads from its beginning.
#pragma once

#include "tool/session/session_folder.hpp"

#include <cstdint>
#include <string>

namespace mallocspy::tool {

// effects: a pipe is read to its end into a file of the session
// returns: the path of a file with what this command's standard input holds
// errors: std::runtime_error with one line: it is a terminal, or a pipe with more than `limit` bytes
std::string keep_standard_input(session_folder& folder, std::uint64_t limit);

} // namespace mallocspy::tool
