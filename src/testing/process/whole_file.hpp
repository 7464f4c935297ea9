// SPDX-License-Identifier: MIT
// Files that reports are written to: whether that is possible is found out before a program runs, and a file that was there
// is replaced only by one that is whole.
#pragma once

#include <string>

namespace mallocspy::testing_detail {

// path: empty: no file is wanted, and nothing happens; "-": standard output
// effects: finds out whether the file can be written; leaves it as it is
// errors: std::runtime_error with one line: which file, and why not
void require_writable(const std::string& path);

// effects: writes the file: beside it at first, and then over it in one step. What is no regular file (a terminal, a pipe,
//   /dev/null) is written directly
// errors: std::runtime_error with one line; then the file that was there is as it was
void write_output(const std::string& path, const std::string& content);

} // namespace mallocspy::testing_detail
