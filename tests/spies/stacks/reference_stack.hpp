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

// returns: whether the stacks are the same but for their innermost address
inline bool are_alike(const void* const* mine, std::size_t count, const addresses& reference, std::size_t capacity) {
  return count == std::min(reference.count, capacity) && count > 1 &&
         std::equal(mine + 1, mine + count, reference.list + 1);
}

// Both at one place. Not inlined, so that both see the same callers: all but the innermost address must be equal.
inline __attribute__((noinline)) bool stacks_agree(std::size_t capacity, std::size_t& depth) {
  addresses mine;
  mine.count = capture_stack(mine.list, capacity);
  addresses reference;
  reference.count = 0;
  _Unwind_Backtrace(detail::note, &reference);
  depth = mine.count;
  return are_alike(mine.list, mine.count, reference, capacity);
}

// The same for a stack that is stored.
inline __attribute__((noinline)) bool stored_stack_agrees(std::size_t capacity) {
  const stored_stack mine(capture_stack_id(capacity));
  addresses reference;
  reference.count = 0;
  _Unwind_Backtrace(detail::note, &reference);
  return are_alike(mine.begin(), mine.size(), reference, capacity);
}

} // namespace mallocspy::tests
