// SPDX-License-Identifier: MIT
// Runs the call frame instructions of a function up to an address, as far as the stack pointer and the frame pointer go
// (DWARF 5, section 6.4). x86-64 numbers.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "spies/stacks/frame_description.hpp"
#include "spies/stacks/unwind_step.hpp"

namespace mallocspy::spies {

// What the instructions say so far.
struct frame_rules {
  enum class cfa_kind : std::uint8_t { other, stack, frame, through_frame };
  enum class pointer_kind : std::uint8_t { same, at_cfa, at_frame, other };

  cfa_kind cfa = cfa_kind::other;
  pointer_kind pointer = pointer_kind::same;
  bool has_caller = true;
  std::int64_t cfa_offset = 0;
  std::int64_t pointer_offset = 0;
};

// returns: the rules in force at the address. An instruction that is not known leaves cfa_kind::other
frame_rules run_program(const frame_description& description, std::uintptr_t address) noexcept;

} // namespace mallocspy::spies
