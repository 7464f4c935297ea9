// SPDX-License-Identifier: MIT
// The short way of most calls under a concurrent spy: outermost on its thread, without the lock, nothing pending.
// spied_call serves all others. Neither way in nor way out writes anything that another thread writes too. Runs inside
// hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "task/asymmetric_barrier.hpp"
#include "task/spy_registry.hpp"

namespace mallocspy::task {

// A call that has entered. What is known of it lies in the thread's words and the registry, not in registers that would
// have to be saved over the hooks.
struct open_call {
  // effects: says that this thread is inside, before it looks whether it may enter
  // returns: where it stood: if that is the word, as read now (spy_word_is), it has entered the spy that it entered last,
  //   nothing has happened to it since, and the thread was in no call. The same word: the same spy, or one that took its
  //   very place. No other stand than such a word is ever one. If it is not, the thread is to stand elsewhere at once;
  //   whoever saw it inside in vain has left what there was to do to its call, which is to come
  static MALLOCSPY_INLINE std::uintptr_t announce_inside() noexcept {
    std::atomic<std::uintptr_t>& stand = blocks::this_words.stand;
    const std::uintptr_t stood = stand.load(std::memory_order_relaxed);
    announce(stand, std::uintptr_t{inside});
    return stood;
  }

  // effects: ends the call if a block of the spy, which no other thread has yet, is left to it: so nothing else can be due
  static MALLOCSPY_INLINE bool leave_a_block() noexcept {
    announce(blocks::this_words.stand, own_word());
    return true;
  }

  // effects: ends the call, if that takes nothing but to say so. returns: whether it did; else leave() is to follow
  static MALLOCSPY_INLINE bool leave_quietly() noexcept {
    const std::uintptr_t word = own_word();
    announce(blocks::this_words.stand, word);
    return MALLOCSPY_LIKELY(spy_word_is(word));
  }

  // effects: ends the call
  static MALLOCSPY_INLINE void leave() {
    if (MALLOCSPY_UNLIKELY(!leave_quietly())) {
      complete_revocation();
    }
  }

  static bool is_nested() noexcept {
    return false;
  }
  static blocks::node_stock& nodes() noexcept {
    return this_thread.nodes;
  }
  static void count(std::ptrdiff_t change) noexcept {
    blocks::this_words.spied += change;
  }
  IMallocSpy* operator->() const noexcept {
    return registry.spy;
  }

  // returns: the spy that a thread which stood there has entered
  static IMallocSpy* spy_at(std::uintptr_t stood) noexcept {
    auto* spy = reinterpret_cast<IMallocSpy*>(stood);
    MALLOCSPY_ASSUME(spy != nullptr); // no thread stands so
    return spy;
  }

private:
  // The word is the spy: with any other bit in it this way is closed.
  static std::uintptr_t own_word() noexcept {
    return reinterpret_cast<std::uintptr_t>(registry.spy);
  }
};

} // namespace mallocspy::task
