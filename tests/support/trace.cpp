// SPDX-License-Identifier: MIT
#include "support/trace.hpp"

#include <ostream>
#include <utility>

namespace support {

bool operator==(const calls& a, const calls& b) {
  return a.lines == b.lines;
}

std::ostream& operator<<(std::ostream& out, const calls& c) {
  if (c.lines.empty()) {
    return out << "no calls";
  }
  for (const std::string& line : c.lines) {
    out << "\n    " << line;
  }
  return out << '\n';
}

trace::call::call(trace& t, const std::string& text) : m_trace(t), m_line(t.m_calls.lines.size()) {
  m_trace.m_calls.lines.push_back(m_trace.indented(text + " threw"));
  ++m_trace.m_depth;
}

trace::call::~call() {
  --m_trace.m_depth;
}

void trace::call::returned(const std::string& text) {
  m_trace.m_calls.lines.at(m_line) = std::string(2 * (m_trace.m_depth - 1), ' ') + text;
}

calls trace::take() {
  return std::exchange(m_calls, {});
}

std::string trace::indented(const std::string& text) const {
  return std::string(2 * m_depth, ' ') + text;
}

} // namespace support
