// SPDX-License-Identifier: MIT
// The frames of a thread's last walk. What has not changed since, above where a new walk meets it, need not be unwound
// again: a frame with the same stack pointer, frame pointer and return address has the same caller as long as the words
// that led there are the same.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "spies/readable_range.hpp"

#include <cstddef>
#include <cstdint>

namespace mallocspy::spies {

// A frame, as it is after its callee has returned.
struct stack_frame {
  std::uintptr_t stack_pointer;
  std::uintptr_t return_address; // was read from the word below stack_pointer
  std::uintptr_t frame_pointer;
  std::uintptr_t pointer_slot; // where frame_pointer was read from; 0: it is the callee's; 1: more than that was read
};

inline constexpr std::uintptr_t same_pointer = 0;
inline constexpr std::uintptr_t not_repeatable = 1;

struct walked_stack {
  static constexpr std::size_t capacity = 64;

  readable_range readable;
  std::size_t count = 0;
  stack_frame frames[capacity]; // outermost first
};

} // namespace mallocspy::spies
