// SPDX-License-Identifier: MIT
// From a frame to its caller's, on x86-64 Linux, by what was learned of each return address.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "blocks/hints.hpp"
#include "spies/memory/address_map.hpp"
#include "spies/process/readable_range.hpp"
#include "spies/stacks/stack_frame.hpp"
#include "spies/stacks/stack_reading.hpp"
#include "spies/stacks/unwind_step.hpp"

namespace mallocspy::spies {

// The packed steps of return addresses.
MALLOCSPY_INNER extern address_map learned_steps;

// effects: learns the step of a return address. returns: it, packed
MALLOCSPY_COLD std::uint64_t learn(std::uintptr_t return_address) noexcept;

MALLOCSPY_INLINE std::uint64_t step_from(std::uintptr_t return_address) noexcept {
  const std::uint64_t known = learned_steps.find(return_address);
  return MALLOCSPY_LIKELY(known != 0) ? known : learn(return_address);
}

// How a step has found a frame's caller.
enum class way_out : std::uint8_t {
  none,         // the frame has none, or none that can be found
  by_stack,     // from the stack pointer
  by_frame,     // from the frame pointer
  unrepeatable, // in some way that must be gone again by each walk
};

// effects: makes the frame its caller's
way_out step_out_slowly(stack_frame& frame, readable_range& readable, std::uint64_t step) noexcept;

// effects, returns: the same; the steps of most functions here and now
MALLOCSPY_READS_STACKS MALLOCSPY_INLINE way_out step_out(stack_frame& frame, readable_range& readable) noexcept {
  std::uint64_t step = learned_steps.find(frame.return_address);
  for (;; step = learn(frame.return_address)) {
    const auto cfa_offset = static_cast<std::uintptr_t>(unwind_step::cfa_offset_in(step));
    const auto pointer_offset = static_cast<std::uintptr_t>(unwind_step::pointer_offset_in(step));
    if (MALLOCSPY_LIKELY((step & unwind_step::plain_stack) != 0)) {
      const std::uintptr_t cfa = frame.stack_pointer + cfa_offset;
      if (MALLOCSPY_LIKELY(readable.holds_up_to(cfa))) {
        // No branch: whether a function saves the frame pointer is hard to foretell.
        const bool same = (step & unwind_step::pointer_bits) == 0;
        const std::uintptr_t saved = cfa + (same ? std::uintptr_t{0} - 8 : pointer_offset);
        const std::uintptr_t held = word_at(saved);
        frame.frame_pointer = same ? frame.frame_pointer : held;
        frame.slot = same ? 0 : saved;
        frame.stack_pointer = cfa;
        frame.return_address = word_at(cfa - 8);
        return MALLOCSPY_LIKELY(frame.return_address != 0) ? way_out::by_stack : way_out::none;
      }
    } else if (MALLOCSPY_LIKELY((step & unwind_step::plain_frame) != 0)) {
      const std::uintptr_t cfa = frame.frame_pointer + cfa_offset;
      const std::uintptr_t saved = cfa + pointer_offset;
      if (MALLOCSPY_LIKELY(saved >= frame.stack_pointer && saved < cfa && readable.holds_up_to(cfa))) {
        frame.frame_pointer = word_at(saved);
        frame.slot = saved;
        frame.stack_pointer = cfa;
        frame.return_address = word_at(cfa - 8);
        return MALLOCSPY_LIKELY(frame.return_address != 0) ? way_out::by_frame : way_out::none;
      }
    }
    if (MALLOCSPY_LIKELY(step != 0)) {
      break;
    }
  }
  // A copy, so that the frame itself may stay in registers.
  stack_frame copy = frame;
  const way_out way = step_out_slowly(copy, readable, step);
  frame = copy;
  return way;
}

} // namespace mallocspy::spies
