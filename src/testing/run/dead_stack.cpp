// SPDX-License-Identifier: MIT
#include "testing/run/dead_stack.hpp"

#include <mallocspy/testing/framework_glue.hpp>

namespace mallocspy::testing_detail {

void clear_dead_stack() noexcept {
  clear_stack_below<16384>(); // scopes stand on threads with small stacks too
}

} // namespace mallocspy::testing_detail
