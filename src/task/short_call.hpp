// SPDX-License-Identifier: MIT
// What the short ways of allocations and frees have in common. They are those of most calls: outermost on their thread,
// nothing pending, a short size, a spy that moves no pointer. Whatever is otherwise is left to the steps of all calls, out
// of line, once the call has entered the spy, or to the long way.
//
// A call is a chain of functions that end in a jump to the next one: what each saves registers for is little. Those with a
// hook in them have a frame, which is the client frame, and take what the hook takes, in its order.
// Runs inside hooks: never allocates from what is hooked. Under a classic spy the lock is held from Pre to Post.
#pragma once

#include "task/locked_call.hpp"
#include "task/open_call.hpp"
#include "task/spied_steps.hpp"

namespace mallocspy::task {

// Ends a call at the end of its scope.
template <class Call> class leaving {
public:
  leaving() noexcept = default;
  MALLOCSPY_INLINE ~leaving() {
    Call::leave();
  }
  leaving(const leaving&) = delete;
  leaving& operator=(const leaving&) = delete;
};

// effects: notes where the client's call has led to: here
MALLOCSPY_INLINE void note_frame() noexcept {
  blocks::this_words.client_frame = __builtin_frame_address(0);
}

// Out of line, so that no register is saved for it.
template <class Call> MALLOCSPY_COLD void leave_by_throwing() {
  Call::leave();
}

// effects: calls the Pre hook. If it throws, the call is over
template <class Call, class Pre> MALLOCSPY_INLINE auto or_leave(Pre pre) {
  try {
    return pre();
  } catch (...) {
    leave_by_throwing<Call>();
    throw;
  }
}

} // namespace mallocspy::task
