// SPDX-License-Identifier: MIT
// The short way of most calls under a classic spy in a process with one thread: outermost, with the lock taken by a plain
// store. spied_call serves all others. Runs inside hooks: never allocates from what is hooked.
#pragma once

#include "blocks/client_frame.hpp"
#include "blocks/one_thread.hpp"
#include "task/spy_registry.hpp"

namespace mallocspy::task {

// A call that has entered. leave() ends it.
class lone_call {
public:
  // effects: enters the spy in the word, with the lock, if this thread is the process's only one and in no call
  // returns: a call; false if nothing has happened
  static MALLOCSPY_INLINE lone_call enter(std::uintptr_t word) noexcept {
    spy_thread& thread = this_thread;
    if (MALLOCSPY_UNLIKELY((word & (closed_bit | gate_bit)) != closed_bit || !blocks::process_has_one_thread() ||
                           thread.in_call())) {
      return lone_call(nullptr);
    }
    registry.lock.lock_alone();
    thread.locked = true;
    blocks::client_frame = __builtin_frame_address(0);
    IMallocSpy* spy = spy_in(word);
    MALLOCSPY_ASSUME(spy != nullptr);
    return lone_call(spy);
  }

  MALLOCSPY_INLINE void leave() const {
    if (MALLOCSPY_UNLIKELY(registry.revocation_pending)) {
      leave_alone_while_pending(this_thread);
      return;
    }
    this_thread.locked = false;
    registry.lock.unlock_alone();
  }

  explicit operator bool() const noexcept {
    return m_spy != nullptr;
  }
  IMallocSpy* operator->() const noexcept {
    return m_spy;
  }
  bool is_nested() const noexcept {
    return false;
  }
  blocks::node_stock& nodes() const noexcept {
    return registry.nodes;
  }
  void count(std::ptrdiff_t change) const noexcept {
    registry.spied += change;
  }

private:
  explicit lone_call(IMallocSpy* spy) noexcept : m_spy(spy) {}

  IMallocSpy* m_spy;
};

} // namespace mallocspy::task
