// SPDX-License-Identifier: MIT
// From a frame to its caller's, on x86-64 Linux, by what was learned of each return address.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "spies/walked_stack.hpp"

namespace mallocspy::spies {

// effects: makes the frame its caller's. returns: false if it has none, or none that can be found
bool step_out(stack_frame& frame, readable_range& readable) noexcept;

} // namespace mallocspy::spies
