// SPDX-License-Identifier: MIT
// The short ways of a free (short_call.hpp).
// Runs inside hooks: never allocates from what is hooked. Under a classic spy the lock is held from Pre to Post.
#pragma once

#include "task/short_call.hpp"

namespace mallocspy::task {

// What is left of a free once PreFree has named the raw block, and it is not the client's.
template <class Call> MALLOCSPY_OUT_OF_LINE void free_moved(Call call, void* pv, void* raw) {
  call.count(spied_pointers.erase(pv, call.nodes()) ? -1 : 0);
  if (raw != nullptr) {
    release_named(raw, "Free");
  }
}

template <class Call> MALLOCSPY_OUT_OF_LINE void free_unmarked(Call call, void* pv) {
  free_under(call, pv, "Free");
}

// returns: whether the client pointer whose byte of the map this is has a mark there
MALLOCSPY_INLINE bool is_marked(const blocks::map_byte* byte) noexcept {
  return (byte->load(std::memory_order_relaxed) & blocks::mark_bit) != 0;
}

// With both hooks.
template <class Call> MALLOCSPY_INLINE void free_with_both_hooks(void* pv, blocks::map_byte* byte, Call call) {
  call.note_frame();
  const leaving<Call> end(call);
  if (MALLOCSPY_UNLIKELY(!is_marked(byte))) {
    free_unmarked(call, pv);
    return;
  }
  void* raw = call->PreFree(pv, TRUE);
  const std::uint8_t value = byte->load(std::memory_order_relaxed);
  if (MALLOCSPY_LIKELY(raw == pv && blocks::claim_marked(byte, value))) {
    call.count(-1); // the mark has gone with the block
    blocks::detail::hand_back(pv, blocks::class_of_marked(value));
  } else {
    free_moved(call, pv, raw);
  }
  call->PostFree(TRUE);
}

// The same in a function of its own, for a call that has got here by another way.
template <class Call> MALLOCSPY_CHAINED void free_with_all_hooks(void* pv, blocks::map_byte* byte, Call call) {
  free_with_both_hooks(pv, byte, call);
}

// Without PostFree: what comes after PreFree, which may not be needed either, calls nobody as a rule.

template <class Call> MALLOCSPY_CHAINED void free_otherwise_and_leave(void* pv, Call call) {
  call.note_frame();
  const leaving<Call> end(call);
  free_unmarked(call, pv);
}

template <class Call> MALLOCSPY_CHAINED void free_moved_and_leave(void* pv, Call call, void* raw) {
  const leaving<Call> end(call);
  free_moved(call, pv, raw);
}

template <class Call> MALLOCSPY_CHAINED void hand_back_and_leave(void* pv, Call call, blocks::size_class of) {
  blocks::detail::hand_back(pv, of);
  call.leave();
}

template <class Call> MALLOCSPY_INLINE void free_and_leave(void* pv, blocks::map_byte* byte, Call call) {
  const std::uint8_t value = byte->load(std::memory_order_relaxed);
  if (MALLOCSPY_UNLIKELY(!blocks::claim_marked(byte, value))) {
    free_moved_and_leave(pv, call, pv);
    return;
  }
  call.count(-1); // the mark has gone with the block
  const blocks::size_class of = blocks::class_of_marked(value);
  if (MALLOCSPY_UNLIKELY(!call.leave_quietly())) {
    hand_back_and_leave(pv, call, of);
    return;
  }
  blocks::detail::hand_back(pv, of);
}

// For a spy that was registered in a constructor, and has become another since; or that needs no PreFree either.
template <class Call> MALLOCSPY_CHAINED void free_without_pre(void* pv, blocks::map_byte* byte, Call call) {
  if (MALLOCSPY_UNLIKELY(blocks::method_table(call.spy()) != registry.hooks.without_pre_free)) {
    free_with_all_hooks(pv, byte, call);
  } else if (MALLOCSPY_UNLIKELY(!is_marked(byte))) {
    free_otherwise_and_leave(pv, call);
  } else {
    free_and_leave(pv, byte, call);
  }
}

template <class Call> MALLOCSPY_INLINE void free_without_post(void* pv, blocks::map_byte* byte, Call call) {
  IMallocSpy* spy = call.spy();
  call.note_frame(); // before the table is read, or it would be read again for the hook
  if (blocks::method_table(spy) != registry.hooks.with_pre_free) {
    free_without_pre(pv, byte, call);
    return;
  }
  if (MALLOCSPY_UNLIKELY(!is_marked(byte))) {
    free_otherwise_and_leave(pv, call);
    return;
  }
  void* raw = or_leave(call, [&] { return spy->PreFree(pv, TRUE); });
  if (MALLOCSPY_UNLIKELY(raw != pv)) {
    free_moved_and_leave(pv, call, raw);
    return;
  }
  free_and_leave(pv, byte, call);
}

} // namespace mallocspy::task
