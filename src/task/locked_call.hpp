// SPDX-License-Identifier: MIT
// The short way of most calls under a classic spy: outermost on its thread, with the lock, which was free, nothing pending.
// spied_call serves all others. Runs inside hooks: never allocates from what is hooked.
#pragma once

#include "task/spy_registry.hpp"

namespace mallocspy::task {

// A call that has entered. What is known of it lies in the thread's words and the registry, as for open_call.
struct locked_call {
  // effects: the thread, which stood there, takes the lock, if nobody else has it, and if that is its way to the spy as far
  //   as can be told without the lock. It may stand elsewhere then, whether it has the lock or not
  // returns: whether it has it
  static MALLOCSPY_INLINE bool take_free_lock(std::uintptr_t stood) noexcept {
    if (MALLOCSPY_UNLIKELY((spy_word.load(std::memory_order_relaxed) & closed_bit) == 0 || is_in_call(stood))) {
      return false;
    }
    // Nested calls go by that, even if the spy may be entered without the lock again before this one is over.
    blocks::this_words.stand.store(holding, std::memory_order_relaxed);
    return MALLOCSPY_LIKELY(registry.lock.lock_if_free());
  }

  // returns: whether the thread, which has the lock, has entered the spy; else it is to give back the lock
  static MALLOCSPY_INLINE bool has_entered() noexcept {
    constexpr std::uintptr_t asked = closed_bit | gate_bit;
    return MALLOCSPY_LIKELY((spy_word.load(std::memory_order_relaxed) & asked) == closed_bit);
  }

  // effects: the thread stands where it stood
  static void stand_back(std::uintptr_t stood) noexcept {
    blocks::this_words.stand.store(stood, std::memory_order_release);
  }

  // effects: ends the call if a block of the spy, which no other thread has yet, is left to it: so nothing else can be due
  // returns: whether that took nothing but to unlock; else leave() is to follow
  static MALLOCSPY_INLINE bool leave_a_block() noexcept {
    blocks::this_words.stand.store(no_member, std::memory_order_relaxed);
    if (MALLOCSPY_LIKELY(registry.lock.unlock_if_unwanted())) {
      return true;
    }
    blocks::this_words.stand.store(holding, std::memory_order_relaxed);
    return false;
  }

  // effects: ends the call, if that takes nothing but to unlock. returns: whether it did; else leave() is to follow
  static MALLOCSPY_INLINE bool leave_quietly() noexcept {
    return MALLOCSPY_LIKELY(!registry.revocation_pending) && leave_a_block();
  }

  // effects: ends the call
  static MALLOCSPY_INLINE void leave() {
    if (MALLOCSPY_UNLIKELY(!leave_quietly())) {
      leave_locked(this_thread);
    }
  }

  static bool is_nested() noexcept {
    return false;
  }
  static blocks::node_stock& nodes() noexcept {
    return registry.nodes;
  }
  static void count(std::ptrdiff_t change) noexcept {
    registry.spied += change;
  }
  IMallocSpy* operator->() const noexcept {
    return registry.spy;
  }
};

} // namespace mallocspy::task
