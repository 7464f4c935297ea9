// SPDX-License-Identifier: MIT
// Finds the entries of .eh_frame that describe the function around an address: its FDE and the CIE that this shares with
// others (DWARF, and the Linux Standard Base for .eh_frame).
// Runs inside hooks: never allocates from what is hooked, takes no lock of its own.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mallocspy::spies {

struct byte_range {
  const std::uint8_t* begin;
  const std::uint8_t* end;
};

struct frame_description {
  std::uintptr_t function; // its first address; 0: no description
  std::uint64_t code_alignment;
  std::int64_t data_alignment;
  std::uint8_t pointer_encoding;
  bool is_signal_return; // the frame is the kernel's, around a signal handler
  byte_range common;     // instructions of the CIE
  byte_range own;        // of the FDE
};

// returns: the description of the function around the address. threads: any
frame_description find_description(std::uintptr_t address) noexcept;

} // namespace mallocspy::spies
