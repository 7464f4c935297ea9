// SPDX-License-Identifier: MIT
// What a Pre leaves for its Post. Calls are nested on a thread as its function calls are, so one stack for each thread
// serves all spies. This is what makes a spy with values to keep a concurrent one.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "spies/threads/thread_state.hpp"

#include <new>
#include <type_traits>

namespace mallocspy::spies {

// A frame is the value, and behind it who left it and how many words the value has.
inline constexpr std::uint32_t frame_words = 2;

// effects: leaves a value, for take() by the same owner in the Post that follows
// returns: whether there was memory for it. If not, the Pre must do without, or refuse the request
template <class Value> bool carry(const void* owner, const Value& value) noexcept {
  static_assert(std::is_trivially_copyable_v<Value> && alignof(Value) <= alignof(std::uintptr_t));
  constexpr std::uint32_t words = (sizeof(Value) + sizeof(std::uintptr_t) - 1) / sizeof(std::uintptr_t);
  thread_state& thread = this_thread;
  if (MALLOCSPY_UNLIKELY(thread.page == nullptr) && make_page() == nullptr) {
    return false;
  }
  if (MALLOCSPY_UNLIKELY(thread.top + words + frame_words > page_words)) {
    return false; // calls are not nested that deep
  }
  std::uintptr_t* frame = thread.page + thread.top;
  ::new (static_cast<void*>(frame)) Value(value);
  frame[words] = reinterpret_cast<std::uintptr_t>(owner);
  frame[words + 1] = words;
  thread.top += words + frame_words;
  return true;
}

// effects: takes back what the owner left last; what others left behind that, whose Post never came since a hook threw, is
//   dropped
// returns: whether there was something
template <class Value> bool take(const void* owner, Value& value) noexcept {
  thread_state& thread = this_thread;
  std::uint32_t top = thread.top;
  while (top != 0) {
    const std::uintptr_t* behind = thread.page + top;
    const auto words = static_cast<std::uint32_t>(behind[-1]);
    top -= words + frame_words;
    if (MALLOCSPY_LIKELY(behind[-2] == reinterpret_cast<std::uintptr_t>(owner))) {
      value = *std::launder(reinterpret_cast<const Value*>(thread.page + top));
      thread.top = top;
      return true;
    }
  }
  return false;
}

} // namespace mallocspy::spies
