// SPDX-License-Identifier: MIT
// The frames of a thread's last walk. What has not changed since, above where a new walk meets it, need not be unwound
// again: a frame with the same stack pointer and return address has the same caller as long as the words that led there
// are the same. The frame pointer counts only where the way out depends on it: in most code it is a register like others,
// which holds something else each time.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "blocks/hints.hpp"
#include "spies/process/readable_range.hpp"
#include "spies/stacks/walked_frame.hpp"
#include "spies/stacks/walked_path.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace mallocspy::spies {

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
  walked_paths paths{};
};

} // namespace mallocspy::spies
