// SPDX-License-Identifier: MIT
// Who asked for a block.
#pragma once

#include <mallocspy/spies/call_stack.hpp>

namespace mallocspy::testing_detail {

// returns: whether the innermost function on the stack that is not the standard library's is one of a namespace of C++
// threads: any
bool asked_by(stack_id stack, const char* name_space) noexcept;

} // namespace mallocspy::testing_detail
