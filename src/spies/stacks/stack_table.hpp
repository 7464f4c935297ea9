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

// returns: the number of the stack; 0 without memory. threads: any, as all of these
std::uint32_t enter_stack(const void* const* addresses, std::size_t count) noexcept;

// effects, returns: the same for a stack with this hash (stack_hash.hpp)
std::uint32_t enter_hashed(std::uint64_t hash, const void* const* addresses, std::size_t count) noexcept;

// returns: the number of the stack with this hash; 0 if there is none yet
std::uint32_t find_hashed(std::uint64_t hash) noexcept;

// returns: the entry; null for a number that was never handed out
const stack_entry* find_stack(std::uint32_t number) noexcept;

} // namespace mallocspy::spies
