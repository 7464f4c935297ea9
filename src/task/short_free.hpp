// SPDX-License-Identifier: MIT
// The short ways of a free (short_call.hpp).
// Runs inside hooks: never allocates from what is hooked. Under a classic spy the lock is held from Pre to Post.
#pragma once

#include "task/short_call.hpp"

namespace mallocspy::task {

// What is left of a free once PreFree has named the raw block, and it is not the client's.
template <class Call> MALLOCSPY_OUT_OF_LINE void free_moved(void* pv, void* raw) {
  Call::count(spied_pointers.erase(pv, Call::nodes()) ? -1 : 0);
  if (raw != nullptr) {
    release_named(raw, "Free");
  }
}

// returns: whether the client pointer whose byte of the map this is has a mark there
MALLOCSPY_INLINE bool is_marked(const blocks::map_byte* byte) noexcept {
  return (byte->load(std::memory_order_relaxed) & blocks::mark_bit) != 0;
}

template <class Call> MALLOCSPY_CHAINED void free_unmarked(void* pv) {
  note_frame();
  const leaving<Call> end;
  free_under(Call(), pv, "Free");
}

// With both hooks.
template <class Call> MALLOCSPY_CHAINED void free_with_both_hooks(void* pv, blocks::map_byte* byte, IMallocSpy* spy) {
  note_frame();
  void* raw = or_leave<Call>([&] { return spy->PreFree(pv, TRUE); });
  const std::uint8_t value = byte->load(std::memory_order_relaxed);
  if (MALLOCSPY_LIKELY(raw == pv && blocks::claim_marked(byte, value))) {
    Call::count(-1); // the mark has gone with the block
    blocks::detail::hand_back(pv, blocks::class_of_marked(value));
  } else {
    or_leave<Call>([&] { free_moved<Call>(pv, raw); });
  }
  or_leave<Call>([&] { Call()->PostFree(TRUE); });
  Call::leave();
}

// Without PostFree: what comes after PreFree, which may not be needed either, calls nobody as a rule.

template <class Call> MALLOCSPY_CHAINED void free_moved_and_leave(void* pv, void* raw) {
  const leaving<Call> end;
  free_moved<Call>(pv, raw);
}

template <class Call> MALLOCSPY_CHAINED void hand_back_and_leave(void* pv, blocks::size_class of) {
  blocks::detail::hand_back(pv, of);
  Call::leave();
}

template <class Call> MALLOCSPY_CHAINED void free_and_leave(void* pv, blocks::map_byte* byte) {
  const std::uint8_t value = byte->load(std::memory_order_relaxed);
  if (MALLOCSPY_UNLIKELY(!blocks::claim_marked(byte, value))) {
    free_moved_and_leave<Call>(pv, pv);
    return;
  }
  Call::count(-1); // the mark has gone with the block
  const blocks::size_class of = blocks::class_of_marked(value);
  if (MALLOCSPY_UNLIKELY(!Call::leave_quietly())) {
    hand_back_and_leave<Call>(pv, of);
    return;
  }
  blocks::detail::hand_back(pv, of);
}

template <class Call> MALLOCSPY_CHAINED void free_with_pre_hook(void* pv, blocks::map_byte* byte, IMallocSpy* spy) {
  note_frame();
  void* raw = or_leave<Call>([&] { return spy->PreFree(pv, TRUE); });
  if (MALLOCSPY_UNLIKELY(raw != pv)) {
    free_moved_and_leave<Call>(pv, raw);
    return;
  }
  free_and_leave<Call>(pv, byte);
}

// A call that has entered the spy.
template <class Call> MALLOCSPY_INLINE void free_entered(void* pv, blocks::map_byte* byte, IMallocSpy* spy) {
  if (MALLOCSPY_UNLIKELY(!is_marked(byte))) {
    free_unmarked<Call>(pv);
    return;
  }
  const void* table = blocks::method_table(spy);
  if (MALLOCSPY_LIKELY(table == registry.hooks.pre_free_only)) {
    free_with_pre_hook<Call>(pv, byte, spy);
  } else if (table == registry.hooks.no_free_hook) {
    free_and_leave<Call>(pv, byte);
  } else {
    free_with_both_hooks<Call>(pv, byte, spy);
  }
}

} // namespace mallocspy::task
