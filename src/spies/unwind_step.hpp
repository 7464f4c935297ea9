// SPDX-License-Identifier: MIT
// How to get from one frame of the stack to its caller's, for one return address: what .eh_frame says, boiled down to what
// can be done with the stack pointer and the frame pointer alone. x86-64.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include <cstdint>

namespace mallocspy::spies {

// Where the canonical frame address is: the stack pointer before the call. The return address lies 8 bytes below it.
enum class frame_address : std::uint8_t {
  unknown = 1,       // not described, or by other registers: the frame pointer is tried
  end,               // no caller
  from_stack,        // stack pointer + cfa_offset
  from_frame,        // frame pointer + cfa_offset
  through_frame,     // the word at frame pointer + cfa_offset (functions that align their stack)
  interrupted_state, // a signal handler's return: the interrupted registers lie at the stack pointer
};

// What the caller's frame pointer is.
enum class frame_pointer : std::uint8_t {
  same,       // not touched
  from_cfa,   // saved at cfa + pointer_offset
  from_frame, // saved at frame pointer + pointer_offset
};

struct unwind_step {
  frame_address cfa = frame_address::unknown;
  frame_pointer pointer = frame_pointer::same;
  std::int32_t cfa_offset = 0;
  std::int32_t pointer_offset = 0;

  // In one word, which is never 0: 4 bits, 4 bits, 28 bits, 28 bits.
  static constexpr std::int64_t offset_limit = std::int64_t{1} << 27;

  static constexpr bool fits(std::int64_t offset) noexcept {
    return offset >= -offset_limit && offset < offset_limit;
  }
  constexpr std::uint64_t packed() const noexcept {
    constexpr std::uint64_t mask = (std::uint64_t{1} << 28) - 1;
    return static_cast<std::uint64_t>(cfa) | static_cast<std::uint64_t>(pointer) << 4 |
           (static_cast<std::uint64_t>(std::int64_t{cfa_offset}) & mask) << 8 |
           (static_cast<std::uint64_t>(std::int64_t{pointer_offset}) & mask) << 36;
  }
  static constexpr unwind_step unpacked(std::uint64_t word) noexcept {
    unwind_step step;
    step.cfa = static_cast<frame_address>(word & 0xFU);
    step.pointer = static_cast<frame_pointer>((word >> 4) & 0xFU);
    // Shifted to the top and back, so that the sign comes along.
    step.cfa_offset = static_cast<std::int32_t>(static_cast<std::int64_t>(word << 28) >> 36);
    step.pointer_offset = static_cast<std::int32_t>(static_cast<std::int64_t>(word) >> 36);
    return step;
  }
};

// returns: the step for a return address, from the unwind tables of the module that it lies in. Slow: a search and a
//   program of the tables
// threads: any
unwind_step learn_step(std::uintptr_t return_address) noexcept;

} // namespace mallocspy::spies
