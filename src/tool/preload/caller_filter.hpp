// SPDX-License-Identifier: MIT
// Whether a function or a module on the call stack matches a regular expression. Asked inside hooks: what regexec allocates
// there is not spied; names come from the symbol tables of the modules' files; answers are remembered by stack.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <regex.h>

namespace mallocspy::tool {

class caller_filter {
public:
  // expression: POSIX, extended; the command has seen to it that it is one. Empty: everything passes
  explicit caller_filter(const char* expression) noexcept;

  // returns: whether the client's call passes. threads: any, in a hook
  bool lets_pass() noexcept;

private:
  bool matches(std::uint32_t stack) const noexcept;

  static constexpr std::size_t remembered = 4096;
  bool m_is_set = false;
  regex_t m_expression{};
  // A stack's number, doubled, and the answer.
  std::atomic<std::uint64_t> m_answers[remembered]{};
};

} // namespace mallocspy::tool
