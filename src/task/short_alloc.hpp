// SPDX-License-Identifier: MIT
// The short ways of an allocation (short_call.hpp).
// Runs inside hooks: never allocates from what is hooked. Under a classic spy the lock is held from Pre to Post.
#pragma once

#include "task/short_call.hpp"

namespace mallocspy::task {

// What is left once PreAlloc has answered with another size than the short ways are for, or with 0.
template <class Call> MALLOCSPY_CHAINED void* alloc_otherwise_and_leave(SIZE_T size) {
  note_frame();
  const leaving<Call> end;
  return alloc_sized(Call(), 1, size, task_request); // or any other request but 0
}

template <class Call> MALLOCSPY_CHAINED void* deliver_moved_and_leave(void* client, void* raw) {
  const leaving<Call> end;
  const SIZE_T size = blocks::raw_size(raw);
  spied_set::place room(Call::nodes(), false); // there was room before, and it is the outermost call's
  return deliver(Call(), room, client, raw, size);
}

// returns: whether the size is not one of those for which the short ways are
MALLOCSPY_INLINE bool is_otherwise_sized(SIZE_T size) noexcept {
  return !spied_pointers.is_plain_size(size);
}

// Ends a call that has got a block, if there was more to it than that.
template <class Call> MALLOCSPY_CHAINED void* leave_with(void* block) {
  Call::leave();
  return block;
}

// With both hooks.

template <class Call> MALLOCSPY_CHAINED void* alloc_with_both_hooks(IMallocSpy* spy, SIZE_T cb) {
  note_frame();
  const SIZE_T size = or_leave<Call>([&] { return spy->PreAlloc(cb); });
  if (MALLOCSPY_UNLIKELY(is_otherwise_sized(size) || Call::nodes().count == 0)) {
    return alloc_otherwise_and_leave<Call>(size);
  }
  const blocks::placed_block fresh = blocks::raw_place_short(size, blocks::marks::none);
  void* client = or_leave<Call>([&] { return or_give_back(fresh.start, [&] { return Call()->PostAlloc(fresh.start); }); });
  if (MALLOCSPY_UNLIKELY(client != fresh.start || client == nullptr)) {
    return deliver_moved_and_leave<Call>(client, fresh.start);
  }
  if (MALLOCSPY_LIKELY(blocks::add_mark(fresh.byte))) {
    Call::count(1);
    if (MALLOCSPY_LIKELY(Call::leave_a_block())) {
      return fresh.start;
    }
  }
  return leave_with<Call>(fresh.start);
}

// Without PostAlloc: what comes after PreAlloc, which may not be needed either, calls nobody as a rule. The client gets the
// raw pointer, so a mark is written with the size, and no room in the spied set is needed.

template <class Call> MALLOCSPY_CHAINED void* alloc_uncached_and_leave(SIZE_T size) {
  const leaving<Call> end;
  void* block = blocks::detail::place_uncached(size, blocks::marks::set).start;
  Call::count(block != nullptr ? 1 : 0);
  return block;
}

template <class Call> MALLOCSPY_INLINE void* alloc_and_leave(SIZE_T size) {
  if (MALLOCSPY_UNLIKELY(is_otherwise_sized(size))) {
    return alloc_otherwise_and_leave<Call>(size);
  }
  void* block = blocks::raw_place_kept(size, blocks::marks::set).start;
  if (MALLOCSPY_UNLIKELY(block == nullptr)) {
    return alloc_uncached_and_leave<Call>(size);
  }
  Call::count(1);
  return MALLOCSPY_LIKELY(Call::leave_a_block()) ? block : leave_with<Call>(block);
}

template <class Call> MALLOCSPY_CHAINED void* alloc_with_pre_hook(IMallocSpy* spy, SIZE_T cb) {
  note_frame();
  return alloc_and_leave<Call>(or_leave<Call>([&] { return spy->PreAlloc(cb); }));
}

template <class Call> MALLOCSPY_CHAINED void* alloc_without_hooks(SIZE_T cb) {
  return alloc_and_leave<Call>(cb);
}

// A call that has entered the spy. `cb`: not 0
template <class Call> MALLOCSPY_INLINE void* alloc_entered(IMallocSpy* spy, SIZE_T cb) {
  const void* table = blocks::method_table(spy);
  if (MALLOCSPY_LIKELY(table == registry.hooks.pre_alloc_only)) {
    return alloc_with_pre_hook<Call>(spy, cb);
  }
  return table == registry.hooks.no_alloc_hook ? alloc_without_hooks<Call>(cb) : alloc_with_both_hooks<Call>(spy, cb);
}

} // namespace mallocspy::task
