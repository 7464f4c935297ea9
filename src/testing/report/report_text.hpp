// SPDX-License-Identifier: MIT
// How reports for people are written: numbers with their noun, lines of at most 100 columns, colours if wanted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mallocspy/testing/sweep_result.hpp>
#include <string>

namespace mallocspy::testing_detail {

inline constexpr std::size_t report_columns = 100;

// returns: "1 point", "2 points"
std::string counted(std::uint64_t number, const char* noun);

// returns: the text with "?" for control characters, which could change what a terminal shows
std::string printable(std::string text);

// returns: the text broken at spaces, so that no line is longer than report_columns where that is possible. Lines after the
//   first begin with `indent` spaces; the first is taken to begin in that column
std::string wrapped(const std::string& text, std::size_t indent);

// Terminal colours, or none.
class painter {
public:
  explicit painter(bool colours) noexcept : m_colours(colours) {}

  std::string bold(const std::string& text) const;
  std::string faint(const std::string& text) const;
  std::string verdict_colour(verdict what, const std::string& text) const;

private:
  std::string painted(const char* code, const std::string& text) const;
  bool m_colours;
};

} // namespace mallocspy::testing_detail
