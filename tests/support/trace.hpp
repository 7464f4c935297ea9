// SPDX-License-Identifier: MIT
// What a spy saw, one line for each call in the order in which the calls began; nested calls are indented.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <vector>

namespace support {

// Lines of a trace, seen or expected.
struct calls {
  calls() = default;
  calls(std::initializer_list<std::string> expected) : lines(expected) {}

  std::vector<std::string> lines;
};

inline const calls no_calls;

bool operator==(const calls& a, const calls& b);
std::ostream& operator<<(std::ostream& out, const calls& c);

class trace {
public:
  // One call that has begun. Its line says "threw" until it returns.
  class call {
  public:
    call(trace& t, const std::string& text);
    call(const call&) = delete;
    call& operator=(const call&) = delete;
    ~call();

    // effects: the line becomes this text
    void returned(const std::string& text);

  private:
    trace& m_trace;
    std::size_t m_line;
  };

  // returns: the lines since the last take
  calls take();

private:
  std::string indented(const std::string& text) const;

  calls m_calls;
  std::size_t m_depth = 0;
};

} // namespace support
