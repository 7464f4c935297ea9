// SPDX-License-Identifier: MIT
// Which live blocks are still pointed to: a conservative scan, for a process that stands still (a snapshot).
//
// Roots are all writable mappings but the allocator's memory and this library's tables: data, thread-local storage, every
// thread's stack, and the heaps of other allocators. Live blocks that are not in the list (allocated before the spy was
// there, or outside of its windows) are roots too. Where the allocator is the program's malloc as well, so is all that it
// does not tell to be free. Any aligned word whose value lies inside a block holds it. Of a block
// that is held only its requested bytes are followed.
#pragma once

#include "spies/memory/own_array.hpp"

#include <cstddef>
#include <cstdint>

namespace mallocspy::spies {

enum class reach : std::uint8_t {
  nothing, // no root leads to it, and no other such block holds it
  by_lost, // only blocks that no root leads to hold it
  from_a_root,
};

struct scanned_block {
  std::uintptr_t begin;
  std::size_t size;
  std::uint64_t number; // of the request
  std::uint32_t stack;
  std::uint32_t thread;
  reach held;
};

// What the calling thread holds: its registers, and its stack from here on. What is below is of no account.
struct calling_thread {
  std::uintptr_t stack_pointer;
  std::uintptr_t registers[16];
};

// What is no root besides.
struct hidden_range {
  std::uintptr_t begin;
  std::uintptr_t end;
};

// effects: sets `held` of the blocks, which are sorted by address
// returns: false if the system does not tell what is mapped, or has no memory; nothing is known then
bool find_reachable(scanned_block* blocks, std::size_t count, const calling_thread& caller, hidden_range hidden) noexcept;

} // namespace mallocspy::spies
