// SPDX-License-Identifier: MIT
// Keeps a child from changing anything outside of itself: the first system call that would ends it, as "escaped". Reading
// goes on, and so does writing to files that are the child's own. A seccomp filter. Linux on x86-64 and aarch64.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "testing/board/board.hpp"

namespace mallocspy::testing_detail {

// effects: from now on, and for good, such calls end this process; what it was goes to `facts`
// returns: false if the system does not allow it
bool raise_fence(child_facts& facts) noexcept;

} // namespace mallocspy::testing_detail
