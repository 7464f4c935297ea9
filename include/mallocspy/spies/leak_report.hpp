// SPDX-License-Identifier: MIT
// What a leak_tracker found: blocks, and groups of blocks with one call stack.
// source: ours
#pragma once

#include <cstddef>
#include <cstdint>
#include <mallocspy/contract/export.h>
#include <mallocspy/spies/call_stack.hpp>

namespace mallocspy {

// Whether the program can still get at a block. A block is held by any aligned word that has the value of its address, or
// of an address inside it, in: the program's variables, static or thread-local; all threads' stacks; memory from other
// allocators; and blocks that are held themselves, as far as they were requested. So a number that looks like an address
// can hide a leak; a pointer that exists only as a value computed from it (xor, index, tagged in the upper bits) or only in
// another thread's registers makes a block look lost.
enum class block_state : std::uint8_t {
  unknown,      // not found out
  reachable,    // still pointed to
  lost,         // nothing points to it but perhaps itself, or the blocks that it holds
  held_by_lost, // only lost blocks point to it: freeing those is where to begin
};

struct leaked_block {
  const void* address;
  std::size_t size;     // requested bytes
  std::uint64_t number; // of the request
  std::uint32_t thread; // 1 and up, in the order in which threads first met a spy
  stack_id stack;
  block_state state;
};

// returns: the number that leaked_block::thread has for the calling thread. threads: any; also in a hook
MALLOCSPY_API std::uint32_t this_thread_number() noexcept;

// Blocks of one stack and state.
struct leak_group {
  stack_id stack;
  block_state state;
  std::uint64_t blocks;
  std::uint64_t bytes;
  leaked_block first; // the one with the lowest number
};

struct leak_total {
  std::uint64_t blocks;
  std::uint64_t bytes;
};

// A value of its own: the blocks may be freed meanwhile. Its memory comes straight from the system.
// threads: one at a time for each report
class MALLOCSPY_API leak_report {
public:
  leak_report() noexcept = default;
  leak_report(leak_report&& other) noexcept;
  leak_report& operator=(leak_report&& other) noexcept;
  leak_report(const leak_report&) = delete;
  leak_report& operator=(const leak_report&) = delete;
  ~leak_report();

  // returns: an array of the blocks, by number
  const leaked_block* begin() const noexcept;
  const leaked_block* end() const noexcept;
  std::size_t size() const noexcept;

  // returns: the groups: lost ones first, then held_by_lost, reachable; of each the largest first
  const leak_group* groups() const noexcept;
  std::size_t group_count() const noexcept;

  // returns: blocks and bytes of a state. lost and held_by_lost together are what leaked
  leak_total total(block_state state) const noexcept;

  // returns: the expected blocks, which are not among the others
  leak_total expected() const noexcept;

  // returns: blocks that the tracker had no memory to record
  std::uint64_t untracked() const noexcept;

  // effects: writes the report for people to a file descriptor (2: stderr): totals, then each group with its stack:
  //   demangled functions, and file and line where there is debug information. Groups of reachable blocks are counted;
  //   listed only with `all`. Names are looked up in a copy of the process, so nothing is allocated in this one; where that
  //   is not possible, functions have the linker's names. Not in a hook
  void print(int descriptor = 2, bool all = false) const;

private:
  friend class leak_tracker;
  struct contents;
  contents* m_contents = nullptr;
};

} // namespace mallocspy
