// SPDX-License-Identifier: MIT
// Names for the call stacks on a board, in the process whose stacks they are. Allocates; not in a hook.
#pragma once

#include "spies/debug_information.hpp"
#include "testing/board.hpp"
#include "testing/stack_identity.hpp"
#include "testing/suppressions.hpp"

#include <map>
#include <string>
#include <vector>

namespace mallocspy::testing_detail {

struct named_stack {
  std::string id;                  // stack_identity
  std::vector<std::string> lines;  // "function (file.c:12)", innermost first
  std::vector<frame_names> frames; // for suppressions
};

class stack_names {
public:
  explicit stack_names(const board& b) : m_board(b) {}

  // returns: the names of a stack on the board, without the frames of this library at both ends. Kept: the reference stays
  //   good
  const named_stack& of(std::uint32_t stack);

  // returns: only its identity, which takes no debug information
  const std::string& id_of(std::uint32_t stack);

private:
  struct frame_place {
    const void* address; // null: unknown here
    std::string module;
    std::uint64_t offset;
    std::string function; // linker's name
  };
  std::vector<frame_place> places_of(std::uint32_t stack);
  std::string line_of(const frame_place& place);

  const board& m_board;
  spies::debug_information m_debug;
  std::map<std::uint32_t, named_stack> m_named;
  std::map<std::uint32_t, std::string> m_ids;
};

} // namespace mallocspy::testing_detail
