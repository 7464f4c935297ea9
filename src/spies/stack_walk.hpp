// SPDX-License-Identifier: MIT
// Walks the calling thread's stack. x86-64 Linux: by what was learned from .eh_frame for each return address. aarch64, and
// macOS: by frame pointers, which their calling conventions ask for. Elsewhere no frame is found.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "spies/walked_stack.hpp"

namespace mallocspy::spies {

struct found_stack {
  const void* const* addresses; // innermost first
  std::size_t count;
};

// returns: the return addresses above the frame at `frame_address` (__builtin_frame_address(0) of a function with a frame
//   pointer, which has not returned), at most `capacity`, which is at most walked_stack::capacity and not 0. The first is
//   where that function returns to. They lie in the thread's memory until its next walk, or in `spare` if it has none
found_stack walk_stack(const void* frame_address, std::size_t capacity, walked_stack& spare) noexcept;

// effects: the same, and stores the stack
// returns: its number; 0 if there is no memory for it
std::uint32_t walk_and_store(const void* frame_address, std::size_t capacity, walked_stack& spare) noexcept;

} // namespace mallocspy::spies
