// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked. Under a classic spy the lock is held from Pre to Post.
//
// A call goes through a chain of functions that end in a jump to the next one: what each saves registers for is little.
#include "task/locked_call.hpp"
#include "task/open_call.hpp"
#include "task/spied_steps.hpp"

namespace mallocspy::task {

namespace {

// Ends a call at the end of its scope.
template <class Call> class leaving {
public:
  explicit leaving(Call call) noexcept : m_call(call) {}
  MALLOCSPY_INLINE ~leaving() {
    m_call.leave();
  }
  leaving(const leaving&) = delete;
  leaving& operator=(const leaving&) = delete;

private:
  const Call m_call;
};

// The ways of most allocations and frees: a short size, a spy that moves no pointer. Whatever is otherwise is left to the
// steps of all calls, out of line.

template <class Call> MALLOCSPY_OUT_OF_LINE void* alloc_otherwise_sized(Call call, SIZE_T size) {
  return alloc_sized(call, 1, size, task_request); // or any other request but 0
}

template <class Call> MALLOCSPY_OUT_OF_LINE void* deliver_moved(Call call, void* client, void* raw) noexcept {
  const SIZE_T size = blocks::raw_size(raw);
  spied_set::place room(call.nodes(), false); // there was room before, and it is the outermost call's
  return deliver(call, room, client, raw, size);
}

// returns: whether the size is not one of those for which the short ways are
template <class Call> MALLOCSPY_INLINE bool is_otherwise_sized(const Call& call, SIZE_T size) noexcept {
  return size - 1 >= spied_pointers.plain_sizes() || call.nodes().count == 0;
}

// `cb`: not 0
template <class Call> MALLOCSPY_INLINE void* alloc_shortly(Call call, SIZE_T cb) {
  const leaving<Call> end(call);
  const SIZE_T size = call->PreAlloc(cb);
  if (MALLOCSPY_UNLIKELY(is_otherwise_sized(call, size))) {
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
  return byte != nullptr && (byte->load(std::memory_order_relaxed) & blocks::mark_bit) != 0;
}

template <class Call> MALLOCSPY_INLINE void free_shortly(Call call, void* pv) {
  const leaving<Call> end(call);
  blocks::map_byte* byte = blocks::find_byte(pv);
  if (MALLOCSPY_UNLIKELY(!is_marked(byte))) {
    free_unmarked(call, pv);
    return;
  }
  void* raw = call->PreFree(pv, TRUE);
  const std::uint8_t value = byte->load(std::memory_order_relaxed);
  if (MALLOCSPY_LIKELY(raw == pv && blocks::claim_marked(byte, value))) {
    call.count(-1); // the mark has gone with the block
    blocks::detail::hand_back(pv, blocks::class_of_block(value));
  } else {
    free_moved(call, pv, raw);
  }
  call->PostFree(TRUE);
}

// The same for a spy whose Post hooks do nothing (hooks.hpp): what comes after the Pre hook, which may not be needed
// either, calls nobody as a rule, and ends by a jump. So next to no registers are saved.

template <class Call> MALLOCSPY_CHAINED void* alloc_otherwise_and_leave(Call call, SIZE_T size) {
  call.note_frame();
  const leaving<Call> end(call);
  return alloc_otherwise_sized(call, size);
}

template <class Call> MALLOCSPY_CHAINED void* alloc_uncached_and_leave(Call call, SIZE_T size) {
  const leaving<Call> end(call);
  void* block = blocks::detail::place_uncached(size, blocks::marks::set).start;
  call.count(block != nullptr ? 1 : 0);
  return block;
}

template <class Call> MALLOCSPY_CHAINED void* leave_with(Call call, void* block) {
  call.leave();
  return block;
}

template <class Call> MALLOCSPY_CHAINED void* alloc_and_leave(Call call, SIZE_T size) {
  if (MALLOCSPY_UNLIKELY(is_otherwise_sized(call, size))) {
    return alloc_otherwise_and_leave(call, size);
  }
  void* block = blocks::raw_place_kept(size, blocks::marks::set).start;
  if (MALLOCSPY_UNLIKELY(block == nullptr)) {
    return alloc_uncached_and_leave(call, size);
  }
  call.count(1);
  return MALLOCSPY_LIKELY(call.leave_quietly()) ? block : leave_with(call, block);
}

template <class Call> MALLOCSPY_CHAINED void free_otherwise_and_leave(Call call, void* pv) {
  call.note_frame();
  const leaving<Call> end(call);
  free_under(call, pv, "Free");
}

template <class Call> MALLOCSPY_CHAINED void free_moved_and_leave(Call call, void* pv, void* raw) {
  const leaving<Call> end(call);
  free_moved(call, pv, raw);
}

template <class Call> MALLOCSPY_CHAINED void hand_back_and_leave(Call call, void* pv, blocks::size_class of) {
  blocks::detail::hand_back(pv, of);
  call.leave();
}

template <class Call> MALLOCSPY_CHAINED void free_and_leave(Call call, void* pv, blocks::map_byte* byte) {
  const std::uint8_t value = byte->load(std::memory_order_relaxed);
  if (MALLOCSPY_UNLIKELY(!blocks::claim_marked(byte, value))) {
    free_moved_and_leave(call, pv, pv);
    return;
  }
  call.count(-1); // the mark has gone with the block
  const blocks::size_class of = blocks::class_of_block(value);
  if (MALLOCSPY_UNLIKELY(!call.leave_quietly())) {
    hand_back_and_leave(call, pv, of);
    return;
  }
  blocks::detail::hand_back(pv, of);
}

// effects: calls the Pre hook. If it throws, the call is over
template <class Call, class Pre> MALLOCSPY_INLINE auto or_leave(const Call& call, Pre pre) {
  try {
    return pre();
  } catch (...) {
    call.leave();
    throw;
  }
}

// For a spy that was registered in a constructor, and has become another since.
template <class Call> MALLOCSPY_CHAINED void* alloc_with_all_hooks(Call call, SIZE_T cb) {
  call.note_frame();
  return alloc_shortly(call, cb);
}
template <class Call> MALLOCSPY_CHAINED void free_with_all_hooks(Call call, void* pv) {
  call.note_frame();
  free_shortly(call, pv);
}

template <class Call> MALLOCSPY_CHAINED void* alloc_with_pre(Call call, SIZE_T cb) {
  call.note_frame();
  return alloc_and_leave(call, or_leave(call, [&] { return call->PreAlloc(cb); }));
}

template <class Call> MALLOCSPY_CHAINED void free_with_pre(Call call, void* pv, blocks::map_byte* byte) {
  call.note_frame();
  void* raw = or_leave(call, [&] { return call->PreFree(pv, TRUE); });
  raw == pv ? free_and_leave(call, pv, byte) : free_moved_and_leave(call, pv, raw);
}

// `cb`: not 0
template <class Call> MALLOCSPY_INLINE void* alloc_without_post(Call call, SIZE_T cb) {
  const void* table = blocks::method_table(call.operator->());
  if (table == registry.hooks.with_pre_alloc) {
    return alloc_with_pre(call, cb);
  }
  return MALLOCSPY_LIKELY(table == registry.hooks.without_pre_alloc) ? alloc_and_leave(call, cb)
                                                                     : alloc_with_all_hooks(call, cb);
}

template <class Call> MALLOCSPY_INLINE void free_without_post(Call call, void* pv) {
  blocks::map_byte* byte = blocks::find_byte(pv);
  if (MALLOCSPY_UNLIKELY(!is_marked(byte))) {
    free_otherwise_and_leave(call, pv);
    return;
  }
  const void* table = blocks::method_table(call.operator->());
  if (table == registry.hooks.with_pre_free) {
    free_with_pre(call, pv, byte);
  } else {
    MALLOCSPY_LIKELY(table == registry.hooks.without_pre_free) ? free_and_leave(call, pv, byte)
                                                               : free_with_all_hooks(call, pv);
  }
}

// The short ways, each in a function whose frame is the client frame.

template <bool WithoutPost> MALLOCSPY_CHAINED void* alloc_without_lock(SIZE_T cb, open_call<WithoutPost> call) {
  if constexpr (WithoutPost) {
    return alloc_without_post(call, cb);
  } else {
    call.note_frame();
    return alloc_shortly(call, cb);
  }
}

template <bool WithoutPost> MALLOCSPY_CHAINED void free_without_lock(void* pv, open_call<WithoutPost> call) {
  if constexpr (WithoutPost) {
    free_without_post(call, pv);
  } else {
    call.note_frame();
    free_shortly(call, pv);
  }
}

template <bool WithoutPost> MALLOCSPY_CHAINED void* alloc_under_lock(SIZE_T cb, std::uintptr_t word) {
  const auto call = locked_call<WithoutPost>::enter(word);
  if (MALLOCSPY_UNLIKELY(!call)) {
    return alloc_the_long_way(task_request, cb);
  }
  if constexpr (WithoutPost) {
    return alloc_without_post(call, cb);
  } else {
    call.note_frame();
    return alloc_shortly(call, cb);
  }
}

template <bool WithoutPost> MALLOCSPY_CHAINED void free_under_lock(void* pv, std::uintptr_t word) {
  const auto call = locked_call<WithoutPost>::enter(word);
  if (MALLOCSPY_UNLIKELY(!call)) {
    free_the_long_way(task_request, pv);
    return;
  }
  if constexpr (WithoutPost) {
    free_without_post(call, pv);
  } else {
    call.note_frame();
    free_shortly(call, pv);
  }
}

// `pv`: not null
template <bool WithoutPost> MALLOCSPY_CHAINED void* realloc_without_lock(void* pv, SIZE_T cb, open_call<WithoutPost> call) {
  call.note_frame();
  const leaving<open_call<WithoutPost>> end(call);
  return realloc_under(call, pv, cb);
}

template <bool WithoutPost> MALLOCSPY_CHAINED void* realloc_under_lock(void* pv, SIZE_T cb, std::uintptr_t word) {
  const auto call = locked_call<WithoutPost>::enter(word);
  if (MALLOCSPY_UNLIKELY(!call)) {
    return realloc_the_long_way(task_request, pv, cb);
  }
  call.note_frame();
  const leaving<locked_call<WithoutPost>> end(call);
  return realloc_under(call, pv, cb);
}

bool is_without_post(std::uintptr_t word) noexcept {
  return (word & without_post_bit) != 0;
}

// Which way it is is found out before registers are saved for it.

MALLOCSPY_INLINE void* alloc_spied(SIZE_T cb) {
  const std::uintptr_t entered = enter_without_lock();
  if (MALLOCSPY_LIKELY(entered != 0)) {
    return is_without_post(entered) ? alloc_without_lock(cb, open_call<true>(entered))
                                    : alloc_without_lock(cb, open_call<false>(entered));
  }
  const std::uintptr_t word = spy_word.load(std::memory_order_relaxed);
  return is_without_post(word) ? alloc_under_lock<true>(cb, word) : alloc_under_lock<false>(cb, word);
}

// The sizes that are not short: without a spy too.
MALLOCSPY_CHAINED void* alloc_unusual(SIZE_T cb) {
  if (!spy_registered()) {
    return blocks::raw_allocate(cb);
  }
  return cb == 0 ? alloc_the_long_way(task_request, cb) : alloc_spied(cb);
}

} // namespace

void* alloc_otherwise(SIZE_T cb) {
  return MALLOCSPY_UNLIKELY(cb - 1 >= blocks::first_large - 1) ? alloc_unusual(cb) : alloc_spied(cb);
}

void free_otherwise(void* pv) {
  if (MALLOCSPY_UNLIKELY(pv == nullptr)) {
    return;
  }
  const std::uintptr_t entered = enter_without_lock();
  if (MALLOCSPY_LIKELY(entered != 0)) {
    is_without_post(entered) ? free_without_lock(pv, open_call<true>(entered))
                             : free_without_lock(pv, open_call<false>(entered));
    return;
  }
  const std::uintptr_t word = spy_word.load(std::memory_order_relaxed);
  is_without_post(word) ? free_under_lock<true>(pv, word) : free_under_lock<false>(pv, word);
}

void* realloc_otherwise(void* pv, SIZE_T cb) {
  if (pv == nullptr) {
    return alloc_otherwise(cb);
  }
  const std::uintptr_t entered = enter_without_lock();
  if (MALLOCSPY_LIKELY(entered != 0)) {
    return is_without_post(entered) ? realloc_without_lock(pv, cb, open_call<true>(entered))
                                    : realloc_without_lock(pv, cb, open_call<false>(entered));
  }
  const std::uintptr_t word = spy_word.load(std::memory_order_relaxed);
  return is_without_post(word) ? realloc_under_lock<true>(pv, cb, word) : realloc_under_lock<false>(pv, cb, word);
}

} // namespace mallocspy::task
