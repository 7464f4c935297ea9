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
  walked_frame* caller; // of a free one: the next free one
  std::uintptr_t stack_pointer;
  std::uintptr_t return_address;
  // A second word that led here, and what it held: the frame pointer, where it is needed and was saved; else the return
  // address once more.
  std::uintptr_t second;
  std::uintptr_t held;
  std::uint64_t sum; // of return addresses, this one and those of all callers (stack_hash.hpp)
  std::uintptr_t frame_pointer;
  bool needs_pointer; // the way out from here depends on frame_pointer, which may be an older one otherwise

  // effects: the frame pointer is needed, and was read from there
  MALLOCSPY_INLINE void need_pointer_from(std::uintptr_t slot) noexcept {
    second = slot;
    held = frame_pointer;
    needs_pointer = true;
  }
  // effects: another way has led here. slot: as in a stack_frame
  MALLOCSPY_INLINE void set_second(std::uintptr_t slot) noexcept {
    const bool by_slot = needs_pointer && slot != 0;
    second = by_slot ? slot : stack_pointer - 8;
    held = by_slot ? frame_pointer : return_address;
  }
  // returns: whether the frame has the same caller as that one, if nothing has changed above
  MALLOCSPY_INLINE bool is(const stack_frame& f) const noexcept {
    return stack_pointer == f.stack_pointer && return_address == f.return_address &&
           (!needs_pointer || frame_pointer == f.frame_pointer);
  }
};

struct walked_stack {
  static constexpr std::size_t capacity = 64; // frames of a walk

  walked_stack() noexcept {
    outside.stack_pointer = ~std::uintptr_t{0};
    outside.second = reinterpret_cast<std::uintptr_t>(&outside.sum);
    outside.held = 1;
    for (walked_frame& f : frames) {
      f.caller = &f == frames ? nullptr : &f - 1;
    }
    free = &frames[frame_count - 1];
  }

  // effects: the frames from `from` on, which are those that are left, become free, and are followed by `rest`
  // returns: the first free one
  walked_frame* forget_from(walked_frame* from, walked_frame* rest) noexcept {
    if (from == &outside) {
      return rest;
    }
    outermost->caller = rest;
    return from;
  }

  readable_range readable;
  std::atomic<bool> in_use{false}; // a walk is under way: a signal handler that interrupts it does without
  bool complete = false;           // the outermost frame has no caller
  std::uint32_t stored = 0;        // the number of the stack that was stored of these frames; 0: none yet
  std::size_t stored_count = 0;
  walked_frame* innermost = &outside;
  walked_frame* outermost = nullptr;
  walked_frame* free = nullptr;
  // The outermost frame's caller: above all frames, and its second word never holds what it should.
  walked_frame outside{};

  // As many as a walk may need, and as many of the last one.
  static constexpr std::size_t frame_count = 2 * capacity;
  walked_frame frames[frame_count];
};

} // namespace mallocspy::spies
