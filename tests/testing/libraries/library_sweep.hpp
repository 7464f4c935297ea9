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
template <class Function> sweep_result sweep_library(const char* name, sweep_mode mode, Function f) {
  sweep_options options;
  options.name = name;
  options.mode = mode;
  options.jobs = 2;
  options.limit = points_at_most;
  const sweep_result result = oom_sweep(f, options);
  INFO(result.text());
  CHECK(result.error.empty());
  CHECK_FALSE(result.nondeterministic);
  CHECK(result.allocations >= points_at_least);
  CHECK(result.never_fired == 0);
  if (!sanitized) {
    CHECK(result.complete);
    CHECK(result.injected == result.allocations);
  }
  CHECK(result.snapshots == result.injected); // nothing in it needs a rerun
  CHECK(result.unconfirmed.empty());
  return result;
}

// effects: fails the test with the report, unless every failure was reported or made good
inline void check_nothing_found(const sweep_result& result) {
  INFO(result.text());
  CHECK(result.findings.empty());
  CHECK(result.count(verdict::clean) + result.count(verdict::tolerated) == result.injected);
}

// returns: whether there is a finding with this verdict under this function
inline bool found(const sweep_result& result, verdict what, const std::string& function) {
  for (const sweep_finding& finding : result.findings) {
    for (const std::string& frame : finding.stack) {
      if (finding.what == what && frame.find(function) != std::string::npos) {
        return true;
      }
    }
  }
  return false;
}

} // namespace mallocspy::tests
