// SPDX-License-Identifier: MIT
// What the short ways of allocations and frees have in common. They are those of most calls: outermost on their thread,
// nothing pending, a short size, a spy that moves no pointer. Whatever is otherwise is left to the steps of all calls, out
// of line, once the call has entered the spy, or to the long way.
//
// A call is a chain of functions that end in a jump to the next one: what each saves registers for is little.
// Runs inside hooks: never allocates from what is hooked. Under a classic spy the lock is held from Pre to Post.
#pragma once

#include "task/locked_call.hpp"
#include "task/open_call.hpp"
#include "task/spied_steps.hpp"

namespace mallocspy::task {

// Ends a call at the end of its scope.
template <class Call> class leaving {
public:
  explicit leaving(Call call) noexcept : m_call(call) {}
  MALLOCSPY_INLINE ~leaving() {
    m_call.leave();
  }
  leaving(const leaving&) = delete;
  leaving& operator=(const leaving&) = delete;

private:
  const Call m_call;
};

// effects: calls the Pre hook. If it throws, the call is over
template <class Call, class Pre> MALLOCSPY_INLINE auto or_leave(const Call& call, Pre pre) {
  try {
    return pre();
  } catch (...) {
    call.leave();
    throw;
  }
}

} // namespace mallocspy::task
