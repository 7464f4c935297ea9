// SPDX-License-Identifier: MIT
// All stored stacks, each once. They are appended to chunks from the system, and found by a hash of 64 bits, which is taken
// for the stack itself: of a million stacks, two have the same with a probability of 1 in 30 millions. Nothing is ever
// removed. Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mallocspy::spies {

struct stack_entry {
  std::uint32_t number; // its own: an arbitrary number leads to no entry
  std::uint32_t count;
  const void* addresses[1]; // `count` of them
};

// Frames that are hashed together.
inline constexpr std::size_t hashed_at_once = 8;

// returns: the number of the stack; 0 without memory. nulls_follow: behind the stack there are null pointers until its
//   length is a multiple of hashed_at_once, which makes it faster
// threads: any
std::uint32_t enter_stack(const void* const* addresses, std::size_t count, bool nulls_follow = false) noexcept;

// returns: the entry; null for a number that was never handed out. threads: any
const stack_entry* find_stack(std::uint32_t number) noexcept;

} // namespace mallocspy::spies
