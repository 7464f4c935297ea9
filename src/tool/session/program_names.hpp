// SPDX-License-Identifier: MIT
// Names for call stacks of a program that has ended.
#pragma once

#include "testing/report/stack_names.hpp"
#include "tool/symbols/symbol_source.hpp"

namespace mallocspy::tool {

class program_names : public testing_detail::stack_names {
public:
  explicit program_names(const testing_detail::board& b) : stack_names(b), m_board(b) {}

  // returns: the frames of a stack on the board
  std::vector<raw_frame> frames_of(std::uint32_t stack) const;

  symbol_source& symbols() noexcept {
    return m_symbols;
  }

protected:
  testing_detail::code_name name_of(const std::string& module, std::uint64_t offset) override;
  std::vector<std::string> lines_of(const std::string& module, std::uint64_t offset,
                                    const testing_detail::code_name& name) override;
  bool is_the_sweep(const std::string& function) const override;

private:
  const testing_detail::board& m_board;
  symbol_source m_symbols;
};

} // namespace mallocspy::tool
