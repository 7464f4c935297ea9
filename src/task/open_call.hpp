// SPDX-License-Identifier: MIT
// The short way of most calls under a concurrent spy: outermost on its thread, without the lock, nothing pending.
// spied_call serves all others. Neither way in nor way out writes anything that another thread writes too. Runs inside
// hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "task/asymmetric_barrier.hpp"
#include "task/spy_registry.hpp"

namespace mallocspy::task {

// effects: enters the spy that this thread entered last, if nothing has happened to it since and the thread is in no call
// returns: the word, to make an open_call of; 0 if nothing has happened
MALLOCSPY_INLINE std::uintptr_t enter_without_lock() noexcept {
  blocks::thread_words& thread = blocks::this_words;
  const std::uintptr_t stand = thread.stand.load(std::memory_order_relaxed);
  announce(thread.stand, std::uintptr_t{inside});
  // Seen now that this thread can be seen. The same word: the same spy, or one that took its very place. No other stand
  // than such a word is ever one. Whoever saw this thread inside in vain has left what there was to do to its call, which
  // is to come.
  if (MALLOCSPY_UNLIKELY(!spy_word_is(stand))) {
    thread.stand.store(stand, std::memory_order_release);
    return 0;
  }
  MALLOCSPY_ASSUME(stand != 0); // no thread stands so
  return stand;
}

// A call that has entered. leave() ends it. WithoutPost: whether the word says so.
template <bool WithoutPost> class open_call {
public:
  explicit open_call(std::uintptr_t entered) noexcept : m_word(entered) {}

  // effects: notes where the client's call has led to: here
  MALLOCSPY_INLINE void note_frame() const noexcept {
    blocks::this_words.client_frame = __builtin_frame_address(0);
  }

  MALLOCSPY_INLINE void leave() const {
    if (MALLOCSPY_UNLIKELY(!leave_quietly())) {
      complete_revocation();
    }
  }

  // effects: leaves, if that takes nothing but to say so. returns: whether it did; else leave() is to follow
  MALLOCSPY_INLINE bool leave_quietly() const noexcept {
    announce(blocks::this_words.stand, m_word);
    return MALLOCSPY_LIKELY(spy_word_is(m_word));
  }

  IMallocSpy* spy() const noexcept {
    return reinterpret_cast<IMallocSpy*>(WithoutPost ? m_word - without_post_bit : m_word);
  }
  IMallocSpy* operator->() const noexcept {
    return spy();
  }
  bool is_nested() const noexcept {
    return false;
  }
  blocks::node_stock& nodes() const noexcept {
    return this_thread.nodes;
  }
  void count(std::ptrdiff_t change) const noexcept {
    blocks::this_words.spied += change;
  }

private:
  std::uintptr_t m_word;
};

} // namespace mallocspy::task
