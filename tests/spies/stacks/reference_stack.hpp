// SPDX-License-Identifier: MIT
// The same stack by the compiler's own unwinder, for comparison.
#pragma once

#include <algorithm>
#include <iterator>
#include <mallocspy/spies/call_stack.hpp>
#include <unwind.h>

namespace mallocspy::tests {

// No container: a signal handler compares stacks too.
struct addresses {
  const void* list[2 * max_stack_depth];
  std::size_t count;
};

namespace detail {

inline _Unwind_Reason_Code note(_Unwind_Context* context, void* argument) {
  auto& all = *static_cast<addresses*>(argument);
  int before_instruction = 0;
  const auto at = _Unwind_GetIPInfo(context, &before_instruction);
  if (at != 0 && all.count < std::size(all.list)) {
    // An interrupted instruction counts as called from the byte before the next.
    all.list[all.count++] = reinterpret_cast<const void*>(at + (before_instruction != 0 ? 1 : 0));
  }
  return _URC_NO_REASON;
}

} // namespace detail

// Both at one place. Not inlined, so that both see the same callers: all but the innermost address must be equal.
inline __attribute__((noinline)) bool stacks_agree(std::size_t capacity, std::size_t& depth) {
  addresses mine;
  mine.count = capture_stack(mine.list, capacity);
  addresses reference;
  reference.count = 0;
  _Unwind_Backtrace(detail::note, &reference);
  reference.count = std::min(reference.count, capacity);
  depth = mine.count;
  return mine.count == reference.count && mine.count > 1 &&
         std::equal(mine.list + 1, mine.list + mine.count, reference.list + 1);
}

} // namespace mallocspy::tests
