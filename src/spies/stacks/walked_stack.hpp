// SPDX-License-Identifier: MIT
// The frames of a thread's last walk. What has not changed since, above where a new walk meets it, need not be unwound
// again: a frame with the same stack pointer and return address has the same caller as long as the words that led there
// are the same. The frame pointer counts only where the way out depends on it: in most code it is a register like others,
// which holds something else each time.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "blocks/hints.hpp"
#include "spies/process/readable_range.hpp"
#include "spies/stacks/stack_table.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace mallocspy::spies {

// A frame, as it is after its callee has returned.
struct stack_frame {
  std::uintptr_t stack_pointer;
  std::uintptr_t return_address; // was read from the word below stack_pointer
  std::uintptr_t frame_pointer;
  std::uintptr_t slot; // where the callee had saved the frame pointer; 0: it did not touch it
};

// Innermost first, at the end of arrays, so that a walk that meets the last one puts its own frames in front.
struct walked_stack {
  static constexpr std::size_t capacity = 64;

  walked_stack() noexcept {
    stack_pointers[capacity] = ~std::uintptr_t{0};
    for (std::size_t i = 0; i < hashed_at_once; ++i) {
      return_addresses[capacity + i] = 0;
    }
  }

  readable_range readable;
  std::atomic<bool> in_use{false}; // a walk is under way: a signal handler that interrupts it takes another one
  bool complete = false;           // the outermost frame has no caller
  std::uint32_t stored = 0;        // the number of the stack that was stored of these frames; 0: none yet
  std::size_t stored_count = 0;
  std::size_t top = capacity; // index of the innermost frame
  // A bit for each frame: the way out from there depends on its frame pointer. The frame pointers of others may be older
  // ones.
  std::uint64_t needs_pointer = 0;
  std::uintptr_t stack_pointers[capacity + 1];                // the last one is above all frames
  std::uintptr_t return_addresses[capacity + hashed_at_once]; // the last ones are 0
  std::uintptr_t frame_pointers[capacity];
  // A second word that led here, and what it held: the frame pointer, where it is needed and was saved; else the return
  // address once more.
  std::uintptr_t slots[capacity];
  std::uintptr_t held[capacity];

  bool needs_pointer_at(std::size_t i) const noexcept {
    return (needs_pointer >> i & 1U) != 0;
  }
  // Word by word: a copy of a whole frame would wait for the words that have just been written. The bit is set before.
  MALLOCSPY_INLINE void set(std::size_t i, const stack_frame& f) noexcept {
    const bool by_slot = needs_pointer_at(i) && f.slot != 0;
    stack_pointers[i] = f.stack_pointer;
    return_addresses[i] = f.return_address;
    frame_pointers[i] = f.frame_pointer;
    slots[i] = by_slot ? f.slot : f.stack_pointer - 8;
    held[i] = by_slot ? f.frame_pointer : f.return_address;
  }
  // returns: whether the frame has the same caller as the last walk's, if nothing has changed above. `i` may be capacity
  MALLOCSPY_INLINE bool is_at(std::size_t i, const stack_frame& f) const noexcept {
    return stack_pointers[i] == f.stack_pointer && return_addresses[i] == f.return_address &&
           (!needs_pointer_at(i) || frame_pointers[i] == f.frame_pointer);
  }
};

} // namespace mallocspy::spies
