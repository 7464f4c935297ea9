// SPDX-License-Identifier: MIT
// Names for the call stacks on a board. Allocates; not in a hook.
#pragma once

#include "testing/board/board.hpp"
#include "testing/report/stack_identity.hpp"
#include "testing/report/suppressions.hpp"

#include <map>
#include <string>
#include <vector>

namespace mallocspy::testing_detail {

struct named_stack {
  std::vector<std::string> lines;  // "function (file.c:12)", innermost first
  std::vector<frame_names> frames; // for suppressions
};

// What is at an address of a module.
struct code_name {
  std::string function; // linker's name; empty: unknown
  std::string readable; // for people; empty: unknown
};

class stack_names {
public:
  explicit stack_names(const board& b) : m_board(b) {}
  virtual ~stack_names() = default;
  stack_names(const stack_names&) = delete;
  stack_names& operator=(const stack_names&) = delete;

  // returns: the names of a stack on the board, without the frames of this library at both ends. Kept: the references stay
  //   good
  const named_stack& of(std::uint32_t stack);

  // returns: its stack_identity, which takes no debug information
  const std::string& id_of(std::uint32_t stack);

protected:
  // returns: the name of the code that returns to an offset in a module's file. No module: the offset is an address
  virtual code_name name_of(const std::string& module, std::uint64_t offset) = 0;

  // returns: the lines for it in a report: "function (file.c:12)"; functions that were put in line there first
  virtual std::vector<std::string> lines_of(const std::string& module, std::uint64_t offset, const code_name& name) = 0;

  // returns: whether a function is the sweep's own, between the test and what is tested
  virtual bool is_the_sweep(const std::string& function) const = 0;

private:
  struct place {
    std::string module;
    std::uint64_t offset;
    code_name name;
  };
  struct known_stack {
    std::vector<place> places;
    std::string id;
    std::vector<frame_names> frames;
    named_stack names;
    bool named = false;
  };
  known_stack& know(std::uint32_t stack);

  const board& m_board;
  std::map<std::uint32_t, known_stack> m_known;
};

} // namespace mallocspy::testing_detail
