// SPDX-License-Identifier: MIT
// Where the program of this process lies.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include <cstddef>

namespace mallocspy::testing_detail {

// effects: writes the path, as the system has it, and a terminator
// returns: its length; 0, and an empty text, if it is not known or there is no room
std::size_t executable_path(char* path, std::size_t room) noexcept;

} // namespace mallocspy::testing_detail
