// SPDX-License-Identifier: MIT
// Whether what is written is for eyes at a terminal.
#pragma once

#include "tool/commands.hpp"

#include <cstddef>

namespace mallocspy::tool {

// returns: whether the file descriptor is a terminal
bool is_terminal(int fd) noexcept;

// returns: whether to write colours there: with automatic, on a terminal that is not "dumb", unless NO_COLOR is set and not
//   empty
bool wants_colours(colour_choice choice, int fd) noexcept;

// returns: the terminal's width in columns; 80 where nobody knows
std::size_t terminal_columns(int fd) noexcept;

} // namespace mallocspy::tool
