// SPDX-License-Identifier: MIT
// The task allocator's operations as malloc and operator new need them: foreign pointers go to the definitions that ours
// hide, and what a hook allocates is not spied, so that a hook may use the whole standard library.
// Runs inside hooks: never allocates from what is hooked, takes no lock without a spy.
#pragma once

#include "interpose/origin_map.hpp"
#include "task/operations.hpp"

namespace mallocspy::interpose {

inline constexpr request_info c_request{task::default_alignment, false, entry_point::c_library};
inline constexpr request_info new_request{task::default_alignment, false, entry_point::operator_new};

// `frame`: of the function that returns to the client (blocks/thread_words.hpp).

// returns: a block; null without memory, where the spy refuses, and for more than PTRDIFF_MAX bytes
void* allocate_slowly(std::size_t size, const request_info& request, origin made_by, const void* frame);

// effects: frees the block at p; null is allowed. errno is kept
// `operation`: what reports call it
void free_slowly(void* p, const request_info& request, origin fitting, const char* operation, const void* frame);

// returns: a short block that this thread keeps; null if there is none, or a further question must be asked
MALLOCSPY_INLINE void* allocate_shortly(std::size_t size) noexcept {
  if (MALLOCSPY_UNLIKELY(size >= task::unspied_sizes.load(std::memory_order_relaxed))) {
    return nullptr;
  }
  return blocks::raw_place_kept(size, blocks::marks::none).start;
}

// returns: a block where the thread keeps none of the size; null without memory, or if a further question must be asked
inline void* allocate_unkept(std::size_t size) noexcept {
  const bool asks = task::unspied_sizes.load(std::memory_order_relaxed) == 0 || size > PTRDIFF_MAX;
  return asks ? nullptr : blocks::raw_allocate(size);
}

// effects: frees the unspied block at p. returns: false, and nothing has happened, if that takes a further question
MALLOCSPY_INLINE bool free_shortly(void* p) noexcept {
  return MALLOCSPY_LIKELY(task::free_unspied(p));
}

// returns: whether p is a live block, or the client pointer of one
inline bool is_ours(const void* p) noexcept {
  return blocks::raw_owns(p) || (task::spy_registered() && task::spied_pointers.contains(p));
}

// returns: whether the operation must not show itself to the spy: there is none, or one of its hooks runs on this thread
inline bool goes_unspied() noexcept {
  return !task::spy_registered() || task::spy_thread::in_call();
}

} // namespace mallocspy::interpose
