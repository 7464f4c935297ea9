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

  // In one word, which is never 0: 4 bits, 2 bits, what is_plain() says, 28 bits, 28 bits.
  static constexpr std::int64_t offset_limit = std::int64_t{1} << 27;

  static constexpr bool fits(std::int64_t offset) noexcept {
    return offset >= -offset_limit && offset < offset_limit;
  }
  static constexpr std::uint64_t pointer_bits = 0x30; // a word has `same` if it has none of them
  static constexpr std::uint64_t plain_stack = 0x40;  // is_plain(), and that its cfa is from_stack
  static constexpr std::uint64_t plain_frame = 0x80;  // the same, from_frame

  // returns: whether all that is read for the step lies between the stack pointer and the cfa, in whole words, if that is
  //   so of the cfa. What is from the frame pointer must still be compared with the stack pointer
  constexpr bool is_plain() const noexcept {
    const bool whole = cfa_offset % 8 == 0 && pointer_offset % 8 == 0;
    if (cfa == frame_address::from_stack) {
      const bool inside = pointer_offset < 0 && pointer_offset >= -cfa_offset;
      return cfa_offset > 0 && whole && (pointer == frame_pointer::same || (pointer == frame_pointer::from_cfa && inside));
    }
    return cfa == frame_address::from_frame && pointer == frame_pointer::from_cfa && pointer_offset < 0 && whole;
  }

  constexpr std::uint64_t packed() const noexcept {
    constexpr std::uint64_t mask = (std::uint64_t{1} << 28) - 1;
    const std::uint64_t plain = !is_plain() ? 0 : cfa == frame_address::from_stack ? plain_stack : plain_frame;
    return plain | static_cast<std::uint64_t>(cfa) | static_cast<std::uint64_t>(pointer) << 4 |
           (static_cast<std::uint64_t>(std::int64_t{pointer_offset}) & mask) << 8 |
           (static_cast<std::uint64_t>(std::int64_t{cfa_offset}) & mask) << 36;
  }
  static constexpr unwind_step unpacked(std::uint64_t word) noexcept {
    unwind_step step;
    step.cfa = static_cast<frame_address>(word & 0xFU);
    step.pointer = static_cast<frame_pointer>((word & pointer_bits) >> 4);
    step.cfa_offset = static_cast<std::int32_t>(cfa_offset_in(word));
    step.pointer_offset = static_cast<std::int32_t>(pointer_offset_in(word));
    return step;
  }

  // Where a caller's frame is, other steps wait for: it is at the top, and takes one shift, which brings the sign along.
  static constexpr std::int64_t cfa_offset_in(std::uint64_t word) noexcept {
    return static_cast<std::int64_t>(word) >> 36;
  }
  static constexpr std::int64_t pointer_offset_in(std::uint64_t word) noexcept {
    return static_cast<std::int64_t>(word << 28) >> 36;
  }
};

// returns: the step for a return address, from the unwind tables of the module that it lies in. Slow: a search and a
//   program of the tables
// threads: any
unwind_step learn_step(std::uintptr_t return_address) noexcept;

} // namespace mallocspy::spies
