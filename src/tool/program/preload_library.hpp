// SPDX-License-Identifier: MIT
// Finds the library that goes into programs: libmallocspy_preload.so, or .dylib.
#pragma once

#include <string>

namespace mallocspy::tool {

// command: the path of this program
// named: the value of MALLOCSPY_PRELOAD; null or empty: not set
// returns: an absolute path: what is named, and nothing else; or the first that is there of: the command's own folder;
//   "lib" beside that folder; the folder for libraries that the installation has
// errors: std::runtime_error with one line that says where it was looked for; also if the path holds what the system would
//   take for its end (tool/program/preloading.hpp)
std::string find_preload_library(const std::string& command, const char* named);

// returns: the path of this program
std::string own_path();

} // namespace mallocspy::tool
