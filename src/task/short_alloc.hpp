// SPDX-License-Identifier: MIT
// The short ways of an allocation (short_call.hpp).
// Runs inside hooks: never allocates from what is hooked. Under a classic spy the lock is held from Pre to Post.
#pragma once

#include "task/short_call.hpp"

namespace mallocspy::task {

template <class Call> MALLOCSPY_OUT_OF_LINE void* alloc_otherwise_sized(Call call, SIZE_T size) {
  return alloc_sized(call, 1, size, task_request); // or any other request but 0
}

template <class Call> MALLOCSPY_OUT_OF_LINE void* deliver_moved(Call call, void* client, void* raw) noexcept {
  const SIZE_T size = blocks::raw_size(raw);
  spied_set::place room(call.nodes(), false); // there was room before, and it is the outermost call's
  return deliver(call, room, client, raw, size);
}

// returns: whether the size is not one of those for which the short ways are
MALLOCSPY_INLINE bool is_otherwise_sized(SIZE_T size) noexcept {
  return size - 1 >= spied_pointers.plain_sizes();
}

// With both hooks.

// `cb`: not 0
template <class Call> MALLOCSPY_INLINE void* alloc_with_both_hooks(SIZE_T cb, Call call) {
  call.note_frame();
  const leaving<Call> end(call);
  const SIZE_T size = call->PreAlloc(cb);
  if (MALLOCSPY_UNLIKELY(is_otherwise_sized(size) || call.nodes().count == 0)) {
    return alloc_otherwise_sized(call, size);
  }
  const blocks::placed_block fresh = blocks::raw_place_short(size, blocks::marks::none);
  void* client = or_give_back(fresh.start, [&] { return call->PostAlloc(fresh.start); });
  if (MALLOCSPY_UNLIKELY(client != fresh.start || client == nullptr)) {
    return deliver_moved(call, client, fresh.start);
  }
  if (MALLOCSPY_LIKELY(blocks::add_mark(fresh.byte))) {
    call.count(1);
  }
  return client;
}

// The same in a function of its own, for a call that has got here by another way.
template <class Call> MALLOCSPY_CHAINED void* alloc_with_all_hooks(SIZE_T cb, Call call) {
  return alloc_with_both_hooks(cb, call);
}

// Without PostAlloc: what comes after PreAlloc, which may not be needed either, calls nobody as a rule. The client gets the
// raw pointer, so a mark is written with the size, and no room in the spied set is needed.

template <class Call> MALLOCSPY_CHAINED void* alloc_otherwise_and_leave(SIZE_T size, Call call) {
  call.note_frame();
  const leaving<Call> end(call);
  return alloc_otherwise_sized(call, size);
}

template <class Call> MALLOCSPY_CHAINED void* alloc_uncached_and_leave(SIZE_T size, Call call) {
  const leaving<Call> end(call);
  void* block = blocks::detail::place_uncached(size, blocks::marks::set).start;
  call.count(block != nullptr ? 1 : 0);
  return block;
}

template <class Call> MALLOCSPY_CHAINED void* leave_with(void* block, Call call) {
  call.leave();
  return block;
}

template <class Call> MALLOCSPY_INLINE void* alloc_and_leave(SIZE_T size, Call call) {
  if (MALLOCSPY_UNLIKELY(is_otherwise_sized(size))) {
    return alloc_otherwise_and_leave(size, call);
  }
  void* block = blocks::raw_place_kept(size, blocks::marks::set).start;
  if (MALLOCSPY_UNLIKELY(block == nullptr)) {
    return alloc_uncached_and_leave(size, call);
  }
  call.count(1);
  return MALLOCSPY_LIKELY(call.leave_quietly()) ? block : leave_with(block, call);
}

// For a spy that was registered in a constructor, and has become another since; or that needs no PreAlloc either.
template <class Call> MALLOCSPY_CHAINED void* alloc_without_pre(SIZE_T cb, Call call) {
  return MALLOCSPY_LIKELY(blocks::method_table(call.spy()) == registry.hooks.without_pre_alloc)
             ? alloc_and_leave(cb, call)
             : alloc_with_all_hooks(cb, call);
}

// `cb`: not 0
template <class Call> MALLOCSPY_INLINE void* alloc_without_post(SIZE_T cb, Call call) {
  IMallocSpy* spy = call.spy();
  call.note_frame(); // before the table is read, or it would be read again for the hook
  if (blocks::method_table(spy) != registry.hooks.with_pre_alloc) {
    return alloc_without_pre(cb, call);
  }
  const SIZE_T size = or_leave(call, [&] { return spy->PreAlloc(cb); });
  return alloc_and_leave(size, call);
}

} // namespace mallocspy::task
