// SPDX-License-Identifier: MIT
// Takes the place of the handler of violations for a test, and remembers what it was told.
#pragma once

#include <mallocspy/testing/scope_violation.hpp>
#include <string>
#include <vector>

namespace mallocspy::tests {

class violation_recorder {
public:
  struct told {
    std::string scope;
    std::string file;
    int line;
    std::uint64_t violations;
    bool unwinding;
    std::string report;
  };

  violation_recorder() : m_before(set_scope_violation_handler(record)) {
    all().clear();
  }
  violation_recorder(const violation_recorder&) = delete;
  violation_recorder& operator=(const violation_recorder&) = delete;
  ~violation_recorder() {
    set_scope_violation_handler(m_before);
  }

  const std::vector<told>& seen() const {
    return all();
  }

private:
  static std::vector<told>& all() {
    static std::vector<told> violations;
    return violations;
  }
  static void record(const scope_violation& v) {
    all().push_back({v.scope, v.file, v.line, v.violations, v.unwinding, v.report});
  }

  scope_violation_handler m_before;
};

} // namespace mallocspy::tests
