// SPDX-License-Identifier: MIT
// The frames of a thread's last walk. What has not changed since, above where a new walk meets it, need not be unwound
// again: a frame with the same stack pointer, frame pointer and return address has the same caller as long as the words
// that led there are the same.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "spies/readable_range.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace mallocspy::spies {

// A frame, as it is after its callee has returned.
struct stack_frame {
  std::uintptr_t stack_pointer;
  std::uintptr_t return_address; // was read from the word below stack_pointer
  std::uintptr_t frame_pointer;
  // A second word that led here, and what it held: where the frame pointer was saved, if it was.
  std::uintptr_t slot;
  std::uintptr_t held;
};

// Innermost first, at the end of arrays, so that a walk that meets the last one puts its own frames in front.
struct walked_stack {
  static constexpr std::size_t capacity = 64;

  readable_range readable;
  std::atomic<bool> in_use{false}; // a walk is under way: a signal handler that interrupts it takes another one
  std::size_t top = capacity;      // index of the innermost frame
  bool complete = false;           // the outermost frame has no caller
  std::uint32_t stored = 0;        // the number of the stack that was stored of these frames; 0: none yet
  std::size_t stored_count = 0;
  std::uintptr_t stack_pointers[capacity];
  std::uintptr_t return_addresses[capacity];
  std::uintptr_t frame_pointers[capacity];
  std::uintptr_t slots[capacity];
  std::uintptr_t held[capacity];

  // Word by word: a copy of a whole frame would wait for the words that have just been written.
  void get(std::size_t i, stack_frame& f) const noexcept {
    f.stack_pointer = stack_pointers[i];
    f.return_address = return_addresses[i];
    f.frame_pointer = frame_pointers[i];
    f.slot = slots[i];
    f.held = held[i];
  }
  void set(std::size_t i, const stack_frame& f) noexcept {
    stack_pointers[i] = f.stack_pointer;
    return_addresses[i] = f.return_address;
    frame_pointers[i] = f.frame_pointer;
    slots[i] = f.slot;
    held[i] = f.held;
  }
  bool is_at(std::size_t i, const stack_frame& f) const noexcept {
    return stack_pointers[i] == f.stack_pointer && return_addresses[i] == f.return_address &&
           frame_pointers[i] == f.frame_pointer;
  }
};

} // namespace mallocspy::spies
