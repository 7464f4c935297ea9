// SPDX-License-Identifier: MIT
// A frame of a walk, with what must be the same for another walk to go on from there as this one did. The frame pointer
// counts only where the way out depends on it: in most code it is a register like others, which holds something else each
// time.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "blocks/hints.hpp"
#include "spies/stacks/stack_frame.hpp"
#include "spies/stacks/stack_reading.hpp"

#include <cstdint>

namespace mallocspy::spies {

// What led to a frame: two words of the stack, and what they held.
struct walked_step {
  std::uintptr_t stack_pointer; // the return address lies below it
  std::uintptr_t return_address;
  // A second word and what it held: the frame pointer, where it is needed and was saved; else the return address once more.
  std::uintptr_t second;
  std::uintptr_t held;

  // Word by word: a copy of the whole would wait for the words that have just been written.
  MALLOCSPY_INLINE void copy(const walked_step& other) noexcept {
    stack_pointer = other.stack_pointer;
    return_address = other.return_address;
    second = other.second;
    held = other.held;
  }
  // returns: whether both words hold what they held. The second one first: it tells the end of a walk
  MALLOCSPY_READS_STACKS MALLOCSPY_INLINE bool is_unchanged() const noexcept {
    return word_at(second) == held && word_at(stack_pointer - 8) == return_address;
  }
};

struct walked_frame : walked_step {
  std::uint64_t sum; // of return addresses, this one and those of all callers (stack_hash.hpp)
  std::uintptr_t frame_pointer;
  bool needs_pointer; // the way out from here depends on frame_pointer, which may be an older one otherwise

  // effects: makes it that frame, but for its sum. needs_pointer is set before
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

} // namespace mallocspy::spies
