// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked. Under a classic spy the lock is held from Pre to Post.
#include "task/short_alloc.hpp"
#include "task/short_free.hpp"

namespace mallocspy::task {

namespace {

// Each way is a function whose frame, or that of what it ends with, is the client frame. Which one it is is found out
// before registers are saved for it.

template <bool WithoutPost> MALLOCSPY_CHAINED void* alloc_without_lock(SIZE_T cb, open_call<WithoutPost> call) {
  if constexpr (WithoutPost) {
    return alloc_without_post(cb, call);
  } else {
    return alloc_with_all_hooks(cb, call);
  }
}

template <bool WithoutPost>
MALLOCSPY_CHAINED void free_without_lock(void* pv, blocks::map_byte* byte, open_call<WithoutPost> call) {
  if constexpr (WithoutPost) {
    free_without_post(pv, byte, call);
  } else {
    free_with_all_hooks(pv, byte, call);
  }
}

template <class Call> MALLOCSPY_INLINE void* realloc_shortly(void* pv, SIZE_T cb, Call call) {
  call.note_frame();
  const leaving<Call> end(call);
  return realloc_under(call, pv, cb);
}

template <bool WithoutPost> MALLOCSPY_CHAINED void* realloc_without_lock(void* pv, SIZE_T cb, open_call<WithoutPost> call) {
  return realloc_shortly(pv, cb, call);
}

template <bool WithoutPost> MALLOCSPY_CHAINED void* alloc_under_lock(SIZE_T cb, std::uintptr_t word) {
  const auto call = locked_call<WithoutPost>::enter(word);
  if (MALLOCSPY_UNLIKELY(!call)) {
    return alloc_the_long_way(task_request, cb);
  }
  if constexpr (WithoutPost) {
    return alloc_without_post(cb, call);
  } else {
    return alloc_with_both_hooks(cb, call);
  }
}

template <bool WithoutPost> MALLOCSPY_CHAINED void free_under_lock(void* pv, blocks::map_byte* byte, std::uintptr_t word) {
  const auto call = locked_call<WithoutPost>::enter(word);
  if (MALLOCSPY_UNLIKELY(!call)) {
    free_the_long_way(task_request, pv);
    return;
  }
  if constexpr (WithoutPost) {
    free_without_post(pv, byte, call);
  } else {
    free_with_both_hooks(pv, byte, call);
  }
}

template <bool WithoutPost> MALLOCSPY_CHAINED void* realloc_under_lock(void* pv, SIZE_T cb, std::uintptr_t word) {
  const auto call = locked_call<WithoutPost>::enter(word);
  return MALLOCSPY_LIKELY(call) ? realloc_shortly(pv, cb, call) : realloc_the_long_way(task_request, pv, cb);
}

bool is_without_post(std::uintptr_t word) noexcept {
  return (word & without_post_bit) != 0;
}

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

void* realloc_otherwise(void* pv, SIZE_T cb) {
  const std::uintptr_t entered = enter_without_lock();
  if (MALLOCSPY_LIKELY(entered != 0)) {
    return is_without_post(entered) ? realloc_without_lock(pv, cb, open_call<true>(entered))
                                    : realloc_without_lock(pv, cb, open_call<false>(entered));
  }
  const std::uintptr_t word = spy_word.load(std::memory_order_relaxed);
  return is_without_post(word) ? realloc_under_lock<true>(pv, cb, word) : realloc_under_lock<false>(pv, cb, word);
}

void free_otherwise(void* pv, blocks::map_byte* byte) {
  const std::uintptr_t entered = enter_without_lock();
  if (MALLOCSPY_LIKELY(entered != 0)) {
    is_without_post(entered) ? free_without_lock(pv, byte, open_call<true>(entered))
                             : free_without_lock(pv, byte, open_call<false>(entered));
    return;
  }
  const std::uintptr_t word = spy_word.load(std::memory_order_relaxed);
  is_without_post(word) ? free_under_lock<true>(pv, byte, word) : free_under_lock<false>(pv, byte, word);
}

void free_nowhere(void* pv) {
  if (pv != nullptr) {
    free_the_long_way(task_request, pv);
  }
}

} // namespace mallocspy::task
