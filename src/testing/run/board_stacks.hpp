// SPDX-License-Identifier: MIT
// Call stacks on the board: as modules and offsets in their files, so that they mean the same in each run of a program.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "testing/board/board.hpp"

#include <cstdint>
#include <mallocspy/spies/call_stack.hpp>

namespace mallocspy::testing_detail {

class board_stacks {
public:
  // effects: enters into `b` from now on. threads: while no other uses it
  void attach(board* b) noexcept;

  // effects: stacks end before this return address: what is further out is not of the function under test
  void end_at(const void* return_address) noexcept {
    m_end = return_address;
  }

  // returns: the board's number of a stack of this process; 0 for the empty one, and where the board is full
  // threads: any
  std::uint32_t number_of(stack_id id) noexcept;

private:
  std::uint32_t enter(stack_id id) noexcept;
  std::uint32_t module_of(const char* path) noexcept;

  // What was asked before: numbers by stack_id. Both are in one word, so that they belong together.
  static constexpr std::size_t remembered = std::size_t{1} << 16;
  board* m_board = nullptr;
  const void* m_end = nullptr;
  char m_executable[sizeof(module_record::path)] = {}; // the loader has no name for it
  std::atomic<std::uint64_t>* m_known = nullptr;
};

// returns: a hash of the innermost `depth` frames of a stack on the board
std::uint64_t key_of(const stack_record& stack, std::size_t depth) noexcept;

} // namespace mallocspy::testing_detail
