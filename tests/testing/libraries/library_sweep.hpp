// SPDX-License-Identifier: MIT
// Sweeps of real libraries: how they are made, and what is expected of all of them.
#pragma once

#include "blocks/build_kind.hpp"
#include "support/catch.hpp"

#include <initializer_list>
#include <mallocspy/testing/sweep.hpp>
#include <string>

namespace mallocspy::tests {

// Sanitizers make each child many times dearer: there a sample of the points must do.
inline constexpr std::uint64_t points_at_most = sanitized ? 40 : 0;
inline constexpr std::uint64_t points_at_least = 300;

// effects: sweeps f, the use of a library, and checks that each allocation of the unfailed run was made to fail, and that
//   there were enough of them
// returns: what was found
template <class Function>
sweep_result sweep_library(const char* name, sweep_mode mode, Function f, sweep_options options = {}) {
  options.name = name;
  options.mode = mode;
  options.jobs = 2;
  options.limit = points_at_most;
  sweep_result result = oom_sweep(f, options);
  INFO(result.text());
  CHECK(result.error.empty());
  CHECK(result.allocations >= points_at_least);
  CHECK(result.snapshots + result.replays == result.injected);
  if (!sanitized) {
    CHECK(result.injected + result.count(verdict::untested) == result.allocations);
  }
  return result;
}

// effects: fails the test unless each allocation was made to fail, in a snapshot, and each finding was confirmed: what a
//   library allows that does the same each time, in one thread and without pipes
inline void check_all_in_snapshots(const sweep_result& result) {
  INFO(result.text());
  CHECK_FALSE(result.nondeterministic);
  CHECK(result.snapshots == result.injected);
  CHECK(result.never_fired == 0);
  CHECK(result.unconfirmed.empty());
  if (!sanitized) {
    CHECK(result.complete);
    CHECK(result.injected == result.allocations);
  }
}

// effects: fails the test with the report, unless every failure was reported or made good
inline void check_nothing_found(const sweep_result& result) {
  INFO(result.text());
  CHECK(result.findings.empty());
  CHECK(result.count(verdict::clean) + result.count(verdict::tolerated) == result.injected);
}

// A defect that a library is known to have: what it looks like, and an exported function on its call stack.
struct known_defect {
  verdict what;
  const char* function;
};

inline bool is_under(const sweep_finding& finding, const char* function) {
  for (const std::string& frame : finding.stack) {
    if (frame.find(function) != std::string::npos) {
      return true;
    }
  }
  return false;
}

// effects: fails the test with the report if there is a finding that is not one of these
inline void check_only_known(const sweep_result& result, std::initializer_list<known_defect> known) {
  INFO(result.text());
  for (const sweep_finding& finding : result.findings) {
    bool is_known = false;
    for (const known_defect& defect : known) {
      is_known = is_known || (finding.what == defect.what && is_under(finding, defect.function));
    }
    INFO("the finding at allocation " << finding.allocation << " is new");
    CHECK(is_known);
  }
}

// returns: whether there is such a finding
inline bool found(const sweep_result& result, const known_defect& defect) {
  for (const sweep_finding& finding : result.findings) {
    if (finding.what == defect.what && is_under(finding, defect.function)) {
      return true;
    }
  }
  return false;
}

} // namespace mallocspy::tests
