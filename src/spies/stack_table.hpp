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

// returns: the number of the stack; 0 without memory. threads: any
std::uint32_t enter_stack(const void* const* addresses, std::size_t count) noexcept;

// The same in two parts: the memory that the second one reads is often far away, and comes while something else is done.

// Frames that are hashed together.
inline constexpr std::size_t hashed_at_once = 8;

// effects: has the memory fetched. returns: the hash, never 0. `count`: not 0. nulls_follow: behind the stack there are
// null
//   pointers until its length is a multiple of hashed_at_once
std::uint64_t begin_to_enter(const void* const* addresses, std::size_t count, bool nulls_follow) noexcept;

// `hash`: of these addresses
std::uint32_t enter_stack(std::uint64_t hash, const void* const* addresses, std::size_t count) noexcept;

// returns: the entry; null for a number that was never handed out. threads: any
const stack_entry* find_stack(std::uint32_t number) noexcept;

} // namespace mallocspy::spies
