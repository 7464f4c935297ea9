// SPDX-License-Identifier: MIT
// From a frame to its caller's, on x86-64 Linux, by what was learned of each return address.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "blocks/hints.hpp"
#include "spies/address_map.hpp"
#include "spies/stack_reading.hpp"
#include "spies/unwind_step.hpp"
#include "spies/walked_stack.hpp"

namespace mallocspy::spies {

// The packed steps of return addresses.
MALLOCSPY_INNER extern address_map learned_steps;

// effects: learns the step of a return address. returns: it, packed
MALLOCSPY_COLD std::uint64_t learn(std::uintptr_t return_address) noexcept;

MALLOCSPY_INLINE std::uint64_t step_from(std::uintptr_t return_address) noexcept {
  const std::uint64_t known = learned_steps.find(return_address);
  return MALLOCSPY_LIKELY(known != 0) ? known : learn(return_address);
}

// effects: makes the frame its caller's. returns: false if it has none, or none that can be found
bool step_out_slowly(stack_frame& frame, readable_range& readable, const unwind_step& step) noexcept;

// effects, returns: the same; the steps of most functions here and now
MALLOCSPY_READS_STACKS MALLOCSPY_INLINE bool step_out(stack_frame& frame, readable_range& readable) noexcept {
  const unwind_step step = unwind_step::unpacked(step_from(frame.return_address));
  const bool from_stack = step.cfa == frame_address::from_stack;
  if (MALLOCSPY_LIKELY(from_stack || step.cfa == frame_address::from_frame)) {
    const std::uintptr_t base = from_stack ? frame.stack_pointer : frame.frame_pointer;
    const std::uintptr_t cfa = base + static_cast<std::uintptr_t>(std::intptr_t{step.cfa_offset});
    if (MALLOCSPY_LIKELY(cfa > frame.stack_pointer && readable.holds(cfa - 8))) {
      const std::uintptr_t return_address = word_at(cfa - 8);
      const std::uintptr_t slot = cfa + static_cast<std::uintptr_t>(std::intptr_t{step.pointer_offset});
      if (step.pointer == frame_pointer::same) {
        frame.slot = cfa - 8;
        frame.held = return_address;
        frame.stack_pointer = cfa;
        frame.return_address = return_address;
        return return_address != 0;
      }
      if (MALLOCSPY_LIKELY(step.pointer == frame_pointer::from_cfa && slot >= frame.stack_pointer && slot < cfa &&
                           slot % sizeof slot == 0)) {
        frame.slot = slot;
        frame.frame_pointer = frame.held = word_at(slot);
        frame.stack_pointer = cfa;
        frame.return_address = return_address;
        return return_address != 0;
      }
    }
  }
  // A copy, so that the frame itself may stay in registers.
  stack_frame copy = frame;
  const bool found = step_out_slowly(copy, readable, step);
  frame = copy;
  return found;
}

} // namespace mallocspy::spies
