// SPDX-License-Identifier: MIT
// The short way of most calls under a classic spy: outermost on its thread, with the lock, nothing pending. spied_call
// serves all others. Runs inside hooks: never allocates from what is hooked.
#pragma once

#include "task/spy_registry.hpp"

namespace mallocspy::task {

// A call that has entered. leave() ends it.
// WithoutPost: whether the word says so.
template <bool WithoutPost> class locked_call {
public:
  // effects: enters the spy in the word, with the lock, if the word says that this is the way, and the thread is in no call
  // returns: a call; false if nothing has happened
  static MALLOCSPY_INLINE locked_call enter(std::uintptr_t word) noexcept {
    spy_thread& thread = this_thread;
    // A word with any other bit is the long way's.
    constexpr std::uintptr_t expected = closed_bit | (WithoutPost ? without_post_bit : 0);
    if (MALLOCSPY_UNLIKELY((word & entrance_bits) != expected || thread.in_call())) {
      return locked_call(nullptr);
    }
    registry.lock.lock();
    if (MALLOCSPY_UNLIKELY(spy_word.load(std::memory_order_relaxed) != word)) {
      registry.lock.unlock();
      return locked_call(nullptr);
    }
    thread.locked = true;
    // Nested calls go by that, even if the spy may be entered without the lock again before this one is over.
    blocks::this_words.stand.store(no_member, std::memory_order_relaxed);
    auto* spy = reinterpret_cast<IMallocSpy*>(word - expected);
    MALLOCSPY_FORGET_ORIGIN(spy);
    MALLOCSPY_ASSUME(spy != nullptr);
    return locked_call(spy);
  }

  // effects: notes where the client's call has led to: here
  MALLOCSPY_INLINE void note_frame() const noexcept {
    blocks::this_words.client_frame = __builtin_frame_address(0);
  }

  MALLOCSPY_INLINE void leave() const {
    if (MALLOCSPY_UNLIKELY(registry.revocation_pending)) {
      leave_locked(this_thread);
      return;
    }
    this_thread.locked = false;
    registry.lock.unlock();
  }

  // effects: leaves, if that takes nothing but to unlock. returns: whether it did; else leave() is to follow
  MALLOCSPY_INLINE bool leave_quietly() const noexcept {
    if (MALLOCSPY_UNLIKELY(registry.revocation_pending)) {
      return false;
    }
    this_thread.locked = false;
    if (MALLOCSPY_LIKELY(registry.lock.unlock_if_unwanted())) {
      return true;
    }
    this_thread.locked = true;
    return false;
  }

  explicit operator bool() const noexcept {
    return m_spy != nullptr;
  }
  IMallocSpy* spy() const noexcept {
    return m_spy;
  }
  IMallocSpy* operator->() const noexcept {
    return spy();
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
  explicit locked_call(IMallocSpy* spy) noexcept : m_spy(spy) {}

  IMallocSpy* m_spy;
};

} // namespace mallocspy::task
