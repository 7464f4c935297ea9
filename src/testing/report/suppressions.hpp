// SPDX-License-Identifier: MIT
// Expected findings: the file that sweeps and reports of leaks share.
//
// A line for each; empty lines and what is behind "#" at the beginning of a line or after a space do not count:
//
//   leak   fun:parse_*  mod:libfoo.so*     # a leak with a frame in a function parse_... and a frame in libfoo
//   silent fun:ns::reader::read*
//   crash  stack:0123456789abcdef
//   *      mod:libbar.so.2
//
// The first word is a verdict (crash, corrupt, hang, leak, silent) or "*"; then come one or more patterns, which all must
// match: fun: a function of any frame, mod: the base name of any frame's module, stack: the whole stack's identity. The
// patterns are those of the shell for file names: * ? [a-z]. A function may be written without its arguments.
#pragma once

#include <iosfwd>
#include <mallocspy/testing/sweep_result.hpp>
#include <string>
#include <vector>

namespace mallocspy::testing_detail {

// What suppressions look at, one for each frame.
struct frame_names {
  std::string function; // demangled, or a line of a report: "function (file.c:12)"
  std::string module;   // path or name; may be empty
};

class suppressions {
public:
  suppressions() = default;

  // errors: std::runtime_error with one line, "FILE:LINE: ...", for a line that cannot be understood, and "FILE: ..." for a
  //   file that cannot be read
  static suppressions from_file(const std::string& path);
  static suppressions from_stream(std::istream& in, const std::string& name);

  bool empty() const noexcept {
    return m_rules.empty();
  }

  // returns: whether a finding is expected: the line of the file that says so, as it is written there; else null
  const std::string* match(verdict what, const std::string& stack_id, const std::vector<frame_names>& frames) const;

private:
  struct pattern {
    enum class subject : std::uint8_t { function, module, stack };
    subject of;
    std::string glob;
  };
  struct rule {
    std::string line;
    bool any_verdict;
    verdict what;
    std::vector<pattern> patterns;
  };

  static bool matches(const pattern& p, const std::string& stack_id, const std::vector<frame_names>& frames);
  static rule read_rule(const std::string& line, const std::string& place);
  static pattern read_pattern(const std::string& word, const std::string& place);

  std::vector<rule> m_rules;
};

} // namespace mallocspy::testing_detail
