// SPDX-License-Identifier: MIT
// The short way of most calls under a concurrent spy: outermost on its thread, without the lock, nothing pending.
// spied_call serves all others. Neither way in nor way out writes anything that another thread writes too. Runs inside
// hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "blocks/client_frame.hpp"
#include "task/asymmetric_barrier.hpp"
#include "task/spy_registry.hpp"

namespace mallocspy::task {

// effects: enters the spy, if the short way is open to this thread; open_call is the way out
// returns: the spy; null if nothing has happened
MALLOCSPY_INLINE IMallocSpy* enter_openly(const request_info& request) noexcept {
  const std::uintptr_t word = spy_word.load(std::memory_order_relaxed);
  spy_thread& thread = this_thread;
  if (MALLOCSPY_UNLIKELY((word & entrance_bits) != open_bit || thread.state.load(std::memory_order_relaxed) != outside)) {
    return nullptr;
  }
  announce(thread.state, inside);
  // Seen once more, now that this thread can be seen. The same word: the same spy, or one that took its very place.
  if (MALLOCSPY_UNLIKELY(spy_word.load(std::memory_order_seq_cst) != word)) {
    thread.state.store(outside, std::memory_order_release);
    return nullptr;
  }
  thread.request = &request;
  blocks::client_frame = __builtin_frame_address(0);
  return reinterpret_cast<IMallocSpy*>(word - open_bit);
}

// A call that has entered: leaves at the end of its scope.
class open_call {
public:
  explicit open_call(IMallocSpy* spy) noexcept : m_spy(spy) {}
  MALLOCSPY_INLINE ~open_call() {
    announce(this_thread.state, outside);
    if (MALLOCSPY_UNLIKELY((spy_word.load(std::memory_order_seq_cst) & entrance_bits) != open_bit)) {
      complete_revocation();
    }
  }
  open_call(const open_call&) = delete;
  open_call& operator=(const open_call&) = delete;

  IMallocSpy* operator->() const noexcept {
    return m_spy;
  }

  bool is_nested() const noexcept {
    return false;
  }
  blocks::node_stock& nodes() const noexcept {
    return this_thread.nodes;
  }
  void count(std::ptrdiff_t change) const noexcept {
    this_thread.count(change);
  }

private:
  IMallocSpy* m_spy;
};

} // namespace mallocspy::task
