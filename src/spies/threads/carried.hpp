// SPDX-License-Identifier: MIT
// What a Pre leaves for its Post. Calls are nested on a thread as its function calls are, so one stack for each thread
// serves all spies. This is what makes a spy with values to keep a concurrent one.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "spies/threads/thread_state.hpp"

#include <new>
#include <type_traits>

namespace mallocspy::spies {

namespace carried_detail {

template <class Value>
inline constexpr std::size_t words_of = (sizeof(Value) + sizeof(std::uintptr_t) - 1) / sizeof(std::uintptr_t);

// returns: whether the frame that ends there is a value of so many words that the owner left
inline bool is_frame_of(const std::uintptr_t* end, const void* owner, std::size_t words) noexcept {
  return end[-2] == reinterpret_cast<std::uintptr_t>(owner) && end[-1] == words;
}

// returns: the end of the last frame of the owner's, at `top` or further down; null if there is none
MALLOCSPY_COLD std::uintptr_t* find_further_down(std::uintptr_t* top, const void* owner, std::size_t words) noexcept;

} // namespace carried_detail

// effects: leaves a value, for take() by the same owner in the Post that follows
// returns: whether there was memory for it. If not, the Pre must do without, or refuse the request
template <class Value> MALLOCSPY_INLINE bool carry(const void* owner, const Value& value) noexcept {
  static_assert(std::is_trivially_copyable_v<Value> && alignof(Value) <= alignof(std::uintptr_t));
  constexpr std::size_t words = carried_detail::words_of<Value>;
  thread_state& thread = this_thread;
  std::uintptr_t* frame = thread.top;
  if (MALLOCSPY_UNLIKELY(frame + words + frame_words > thread.end)) {
    if (page_of(thread) != nullptr || !make_page()) {
      return false; // calls are not nested that deep
    }
    frame = thread.top;
  }
  std::uintptr_t* end = frame + words + frame_words;
  ::new (static_cast<void*>(frame)) Value(value);
  end[-2] = reinterpret_cast<std::uintptr_t>(owner);
  end[-1] = words;
  thread.top = end;
  return true;
}

// effects: takes back what the owner left last; what others left behind that, whose Post never came since a hook threw, is
//   dropped
// returns: whether there was something
template <class Value> MALLOCSPY_INLINE bool take(const void* owner, Value& value) noexcept {
  constexpr std::size_t words = carried_detail::words_of<Value>;
  thread_state& thread = this_thread;
  std::uintptr_t* end = thread.top;
  if (MALLOCSPY_UNLIKELY(!carried_detail::is_frame_of(end, owner, words))) {
    end = carried_detail::find_further_down(end, owner, words);
    if (end == nullptr) {
      return false;
    }
  }
  std::uintptr_t* frame = end - words - frame_words;
  value = *std::launder(reinterpret_cast<const Value*>(frame));
  thread.top = frame;
  return true;
}

} // namespace mallocspy::spies
