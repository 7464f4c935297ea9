// SPDX-License-Identifier: MIT
// Whether a library can be preloaded into a program. What the system would pass over in silence is an error here.
#pragma once

#include <string>
#include <sys/types.h>

namespace mallocspy::tool {

// Who will run the program.
struct program_user {
  uid_t user;
  gid_t group;
};

// returns: the caller
program_user this_user() noexcept;

// path: of a file that may be executed, as find_program returns it
// returns: the path of what will run: the program itself, or if it is a script the interpreter that its first line names
// errors: std::runtime_error with one line. It is
//     neither a program nor a script
//     static: it has no dynamic linker that could load a library
//     of another architecture or width than this command, or for another C library
//     macOS: protected by System Integrity Protection, restricted, or signed with the hardened runtime
//     set-uid or set-gid to somebody else than `who`, or has file capabilities: such programs load nothing that a user
//     names
std::string require_preloadable(const std::string& path, const program_user& who);

} // namespace mallocspy::tool
