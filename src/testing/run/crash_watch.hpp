// SPDX-License-Identifier: MIT
// Notes where a child crashes, before it does.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "testing/board/board.hpp"
#include "testing/run/board_stacks.hpp"

namespace mallocspy::testing_detail {

// effects: from now on the stack of a fatal signal goes to `facts`; the signal then ends the process as it would have
// replaces: handlers of the process itself too, as test frameworks have them; else they stay in place
void watch_for_crashes(child_facts& facts, board_stacks& stacks, bool replaces) noexcept;

} // namespace mallocspy::testing_detail
