// SPDX-License-Identifier: MIT
// What the preloaded library does in a program, from its beginning to its end. When these come is the system's affair.
#pragma once

#include "spies/leaks/calling_thread.hpp"
#include "tool/preload/session.hpp"

namespace mallocspy::tool {

// image: what the program was called by
// effects: if the command has started this program, and it is one to arm, its spies are registered. May allocate
void arm(const char* image) noexcept;

// returns: for what the program is armed; run if it is not
task armed_task() noexcept;

// effects: the program ends: what was seen goes to the session. More than once is harmless
// caller: what the thread that ends the program holds; null: what the caller of this function holds
void end_armed(const spies::calling_thread* caller) noexcept;

} // namespace mallocspy::tool
