// SPDX-License-Identifier: MIT
// The short way of most calls under a concurrent spy: outermost on its thread, without the lock, nothing pending.
// spied_call serves all others. Neither way in nor way out writes anything that another thread writes too. Runs inside
// hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "blocks/client_frame.hpp"
#include "task/asymmetric_barrier.hpp"
#include "task/spy_registry.hpp"

namespace mallocspy::task {

// A call that has entered. leave() ends it.
class open_call {
public:
  // effects: enters the spy, if the word is as spy_word was just read, and the short way is open to this thread
  // returns: a call; false if nothing has happened
  static MALLOCSPY_INLINE open_call enter(std::uintptr_t word) noexcept {
    spy_thread& thread = this_thread;
    if (MALLOCSPY_UNLIKELY(thread.stand.load(std::memory_order_relaxed) != word)) {
      return open_call(0);
    }
    announce(thread.stand, std::uintptr_t{inside});
    // Seen once more, now that this thread can be seen. The same word: the same spy, or one that took its very place.
    if (MALLOCSPY_UNLIKELY(spy_word.load(std::memory_order_seq_cst) != word)) {
      thread.stand.store(outside, std::memory_order_release);
      return open_call(0);
    }
    MALLOCSPY_ASSUME(word != 0); // no thread stands so
    blocks::client_frame = __builtin_frame_address(0);
    return open_call(word);
  }

  MALLOCSPY_INLINE void leave() const {
    announce(this_thread.stand, m_word);
    if (MALLOCSPY_UNLIKELY(spy_word.load(std::memory_order_seq_cst) != m_word)) {
      complete_revocation();
    }
  }

  explicit operator bool() const noexcept {
    return m_word != 0;
  }
  IMallocSpy* operator->() const noexcept {
    return reinterpret_cast<IMallocSpy*>(m_word);
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
  explicit open_call(std::uintptr_t word) noexcept : m_word(word) {}

  std::uintptr_t m_word;
};

} // namespace mallocspy::task
