// SPDX-License-Identifier: MIT
// The same stack by the compiler's own unwinder, for comparison.
#pragma once

#include <mallocspy/spies/call_stack.hpp>
#include <unwind.h>
#include <vector>

namespace mallocspy::tests {

using addresses = std::vector<const void*>;

namespace detail {

inline _Unwind_Reason_Code note(_Unwind_Context* context, void* list) {
  int before_instruction = 0;
  const auto at = _Unwind_GetIPInfo(context, &before_instruction);
  if (at != 0) {
    // An interrupted instruction counts as called from the byte before the next.
    static_cast<addresses*>(list)->push_back(reinterpret_cast<const void*>(at + (before_instruction != 0 ? 1 : 0)));
  }
  return _URC_NO_REASON;
}

} // namespace detail

// returns: the calling function's return addresses, innermost first; the first lies in the caller of this one
inline __attribute__((noinline)) addresses reference_stack() {
  addresses all;
  _Unwind_Backtrace(detail::note, &all);
  // The first one lies in this function.
  return {all.begin() + (all.empty() ? 0 : 1), all.end()};
}

// Both at one place. Not inlined, so that both see the same callers: all but the innermost address must be equal.
inline __attribute__((noinline)) bool stacks_agree(std::size_t capacity, std::size_t& depth) {
  addresses mine(max_stack_depth);
  mine.resize(capture_stack(mine.data(), capacity));
  addresses reference = reference_stack();
  if (reference.size() > capacity) {
    reference.resize(capacity);
  }
  depth = mine.size();
  return mine.size() == reference.size() && mine.size() > 1 &&
         std::equal(mine.begin() + 1, mine.end(), reference.begin() + 1);
}

} // namespace mallocspy::tests
