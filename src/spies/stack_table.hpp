// SPDX-License-Identifier: MIT
// All stored stacks, each once. They are appended to chunks from the system and found through hash chains; nothing is ever
// removed.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mallocspy::spies {

struct stack_entry {
  std::uint32_t next; // number of the next entry with the same place in the index; 0: none
  std::uint32_t hash;
  std::uint32_t count;
  std::uint32_t number;     // its own: an arbitrary number leads to no entry
  const void* addresses[1]; // `count` of them
};

// returns: the number of the stack; 0 without memory. threads: any
std::uint32_t enter_stack(const void* const* addresses, std::size_t count) noexcept;

// returns: the entry; null for a number that was never handed out. threads: any
const stack_entry* find_stack(std::uint32_t number) noexcept;

} // namespace mallocspy::spies
