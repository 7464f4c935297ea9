// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "spies/stacks/frame_step.hpp"

#if defined(__linux__) && defined(__x86_64__)

namespace mallocspy::spies {

address_map learned_steps;

std::uint64_t learn(std::uintptr_t return_address) noexcept {
  const std::uint64_t step = learn_step(return_address).packed();
  learned_steps.insert(return_address, step);
  return step;
}

namespace {

// Words of which one does not hold a given frame pointer: a frame that has it for its slot is never taken over from an
// earlier walk.
constexpr std::uintptr_t never[] = {0, 1};

stack_frame unrepeatable(std::uintptr_t stack_pointer, std::uintptr_t return_address,
                         std::uintptr_t frame_pointer) noexcept {
  const std::uintptr_t* other = frame_pointer == 0 ? &never[1] : &never[0];
  return {stack_pointer, return_address, frame_pointer, reinterpret_cast<std::uintptr_t>(other)};
}

std::uintptr_t plus(std::uintptr_t base, std::int32_t offset) noexcept {
  return base + static_cast<std::uintptr_t>(std::intptr_t{offset});
}

// Offsets in the ucontext_t of the kernel, which lies at the stack pointer when a signal handler has returned.
constexpr std::uintptr_t context_frame_pointer = 120;
constexpr std::uintptr_t context_stack_pointer = 160;
constexpr std::uintptr_t context_instruction = 168;

MALLOCSPY_READS_STACKS way_out interrupted(stack_frame& frame, readable_range& readable) noexcept {
  const std::uintptr_t context = frame.stack_pointer;
  if (!readable.holds(context) || !readable.holds(context + context_instruction)) {
    return way_out::none;
  }
  const std::uintptr_t stack_pointer = word_at(context + context_stack_pointer);
  if (!readable.holds(stack_pointer)) { // the handler ran on a stack of its own: start over there
    if (!page_is_readable(stack_pointer)) {
      return way_out::none;
    }
    readable.start_at(stack_pointer);
  }
  // One more than the instruction, so that it is looked up like the return addresses behind calls.
  frame = unrepeatable(stack_pointer, word_at(context + context_instruction) + 1, word_at(context + context_frame_pointer));
  return way_out::unrepeatable;
}

// Code without a description, such as a compiler's at run time: its frame pointer, if it has one that leads to code.
MALLOCSPY_READS_STACKS way_out by_frame_pointer(stack_frame& frame, readable_range& readable) noexcept {
  const std::uintptr_t at = frame.frame_pointer;
  if (at < frame.stack_pointer || !readable.holds(at) || !readable.holds(at + 8)) {
    return way_out::none;
  }
  if (unwind_step::unpacked(step_from(word_at(at + 8))).cfa == frame_address::unknown) {
    return way_out::none;
  }
  frame = unrepeatable(at + 16, word_at(at + 8), word_at(at));
  return way_out::unrepeatable;
}

} // namespace

MALLOCSPY_READS_STACKS way_out step_out_slowly(stack_frame& frame, readable_range& readable,
                                               std::uint64_t packed_step) noexcept {
  const unwind_step step = unwind_step::unpacked(packed_step);
  std::uintptr_t cfa = 0;
  switch (step.cfa) {
  case frame_address::from_stack:
    cfa = plus(frame.stack_pointer, step.cfa_offset);
    break;
  case frame_address::from_frame:
    cfa = plus(frame.frame_pointer, step.cfa_offset);
    break;
  case frame_address::through_frame:
    if (!readable.holds(plus(frame.frame_pointer, step.cfa_offset))) {
      return way_out::none;
    }
    cfa = word_at(plus(frame.frame_pointer, step.cfa_offset));
    break;
  case frame_address::interrupted_state:
    return interrupted(frame, readable);
  case frame_address::unknown:
    return by_frame_pointer(frame, readable);
  case frame_address::end:
  default:
    return way_out::none;
  }
  // The stack grows down, so a caller's frame is above its callee's.
  if (cfa < frame.stack_pointer + 8 || !readable.holds(cfa - 8)) {
    return way_out::none;
  }
  std::uintptr_t pointer = frame.frame_pointer;
  if (step.pointer != frame_pointer::same) {
    const std::uintptr_t base = step.pointer == frame_pointer::from_cfa ? cfa : frame.frame_pointer;
    if (!readable.holds(plus(base, step.pointer_offset))) {
      return way_out::none;
    }
    pointer = word_at(plus(base, step.pointer_offset));
  }
  frame = unrepeatable(cfa, word_at(cfa - 8), pointer);
  return frame.return_address != 0 ? way_out::unrepeatable : way_out::none;
}

} // namespace mallocspy::spies

#endif
