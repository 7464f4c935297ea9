// SPDX-License-Identifier: MIT
// The frames of a thread's last walk. What has not changed since, above where a new walk meets it, need not be unwound
// again: a frame with the same stack pointer and return address has the same caller as long as the words that led there
// are the same. The frame pointer counts only where the way out depends on it: in most code it is a register like others,
// which holds something else each time.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "blocks/hints.hpp"
#include "spies/process/readable_range.hpp"
#include "spies/stacks/stack_frame.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace mallocspy::spies {

struct walked_frame {
  std::uintptr_t stack_pointer;
  std::uintptr_t return_address;
  // A second word that led here, and what it held: the frame pointer, where it is needed and was saved; else the return
  // address once more.
  std::uintptr_t second;
  std::uintptr_t held;
  std::uint64_t sum; // of return addresses, this one and those of all callers (stack_hash.hpp)
  std::uintptr_t frame_pointer;
  bool needs_pointer; // the way out from here depends on frame_pointer, which may be an older one otherwise

  // needs_pointer is set before. Word by word: a copy of a whole frame would wait for the words that have just been written
  MALLOCSPY_INLINE void set(const stack_frame& f) noexcept {
    const bool by_slot = needs_pointer && f.slot != 0;
    stack_pointer = f.stack_pointer;
    return_address = f.return_address;
    second = by_slot ? f.slot : f.stack_pointer - 8;
    held = by_slot ? f.frame_pointer : f.return_address;
    frame_pointer = f.frame_pointer;
  }
  // returns: whether the frame has the same caller as that one, if nothing has changed above
  MALLOCSPY_INLINE bool is(const stack_frame& f) const noexcept {
    return stack_pointer == f.stack_pointer && return_address == f.return_address &&
           (!needs_pointer || frame_pointer == f.frame_pointer);
  }
};

// Innermost first, at the end of an array, so that a walk that meets the last one puts its own frames in front: a frame's
// caller is the next one.
struct walked_stack {
  static constexpr std::size_t capacity = 64;

  walked_stack() noexcept {
    // Above all frames, and its second word does not hold what it should.
    outside()->stack_pointer = ~std::uintptr_t{0};
    outside()->second = reinterpret_cast<std::uintptr_t>(&outside()->stack_pointer);
  }

  // returns: the caller of the outermost frame
  walked_frame* outside() noexcept {
    return frames + capacity;
  }

  readable_range readable;
  std::atomic<bool> in_use{false}; // a walk is under way: a signal handler that interrupts it does without
  bool complete = false;           // the outermost frame has no caller
  std::uint32_t stored = 0;        // the number of the stack that was stored of these frames; 0: none yet
  std::size_t stored_count = 0;
  walked_frame* innermost = outside();
  walked_frame frames[capacity + 1]{};
};

} // namespace mallocspy::spies
