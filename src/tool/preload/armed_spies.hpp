// SPDX-License-Identifier: MIT
// Spies that look on, in a program that the command has started and in the programs that it starts.
#pragma once

#include "tool/preload/attached_session.hpp"

namespace mallocspy::tool {

// effects: registers the spies that the session asks for
// returns: false if they cannot be registered
bool begin_spies(const attached_session& attached) noexcept;

// effects: the process ends: its report goes to the session's report file. More than once is harmless
void end_spies() noexcept;

// effects: in a child that the program has made by fork(): it reports for itself
void spies_after_fork() noexcept;

} // namespace mallocspy::tool
