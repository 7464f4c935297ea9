// SPDX-License-Identifier: MIT
#include "testing/report/report_text.hpp"

#include <algorithm>

namespace mallocspy::testing_detail {

std::string counted(std::uint64_t number, const char* noun) {
  return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

std::string printable(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      c = '?';
    }
  }
  return text;
}

std::string wrapped(const std::string& text, std::size_t indent) {
  std::string out;
  std::size_t column = indent;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t space = std::min(text.find(' ', at), text.size());
    const std::size_t length = space - at;
    if (column > indent && column + 1 + length > report_columns) {
      out += '\n' + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out.append(text, at, length);
    column += length;
    at = space + 1;
  }
  return out;
}

std::string painter::painted(const char* code, const std::string& text) const {
  return m_colours ? std::string("\033[") + code + "m" + text + "\033[0m" : text;
}

std::string painter::bold(const std::string& text) const {
  return painted("1", text);
}

std::string painter::faint(const std::string& text) const {
  return painted("2", text);
}

std::string painter::verdict_colour(verdict what, const std::string& text) const {
  switch (what) {
  case verdict::crash:
  case verdict::corrupt:
    return painted("1;31", text);
  case verdict::hang:
    return painted("1;35", text);
  case verdict::leak:
    return painted("1;33", text);
  case verdict::silent:
    return painted("1;36", text);
  case verdict::clean:
  case verdict::tolerated:
    return painted("32", text);
  case verdict::untested:
    break;
  }
  return painted("2", text);
}

} // namespace mallocspy::testing_detail
