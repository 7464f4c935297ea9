// SPDX-License-Identifier: MIT
// Walks the calling thread's stack. x86-64 Linux: by what was learned from .eh_frame for each return address. aarch64, and
// macOS: by frame pointers, which their calling conventions ask for. Elsewhere no frame is found.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "spies/stacks/walked_stack.hpp"

#include <cstdint>

namespace mallocspy::spies {

// effects: stores the return addresses above the frame at `frame_address` (__builtin_frame_address(0) of a function with a
//   frame pointer, which has not returned), innermost first: the first is where that function returns to
// returns: how many; at most `capacity`, which is at most walked_stack::capacity and not 0
std::size_t walk_stack(const void* frame_address, const void** addresses, std::size_t capacity) noexcept;

// What a signal interrupted.
struct interrupted_code {
  std::uintptr_t instruction;
  std::uintptr_t stack_pointer;
  std::uintptr_t frame_pointer;
};

// effects, returns: the same, for what a signal interrupted; the first address is that of the instruction, and one
std::size_t walk_interrupted(const interrupted_code& code, const void** addresses, std::size_t capacity) noexcept;

// effects: stores the same stack in the table. returns: its number; 0 if there is no memory for it
std::uint32_t walk_and_store(const void* frame_address, std::size_t capacity) noexcept;

// effects, returns: the same, with the thread's last walk at hand
std::uint32_t walk_and_store(const void* frame_address, std::size_t capacity, walked_stack& last) noexcept;

} // namespace mallocspy::spies
