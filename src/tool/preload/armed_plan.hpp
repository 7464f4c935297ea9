// SPDX-License-Identifier: MIT
// Failures by a plan, in a program that the command has started.
#pragma once

#include "tool/preload/attached_session.hpp"

namespace mallocspy::tool {

// effects: registers a spy that refuses what the session's plan names
// returns: false if it cannot be registered
bool begin_plan(const attached_session& attached) noexcept;

// effects: notes how many requests there were, and how many failed
void end_plan() noexcept;

// effects: in a child that the program has made by fork(): nothing fails in it
void leave_plan() noexcept;

} // namespace mallocspy::tool
