// SPDX-License-Identifier: MIT
// Sweeps to be put together and compared.
#pragma once

#include "testing/report/sample_sweep.hpp"
#include "testing/report/sweep_json.hpp"

#include <string>

namespace mallocspy::tests {

inline sweep_finding finding_of(verdict what, const std::string& stack_id, std::uint64_t allocation) {
  sweep_finding f;
  f.what = what;
  f.stack_id = stack_id;
  f.allocation = allocation;
  f.points = 1;
  f.confirmed = true;
  f.stack = {"in_" + stack_id + " (a.c:1)"};
  return f;
}

// Part i of n of a sweep of 6 allocations: it has every n-th point, and nothing else.
inline sweep_result part_of_sweep(unsigned i, unsigned n) {
  const verdict whole[] = {verdict::clean, verdict::crash, verdict::tolerated,
                           verdict::leak,  verdict::crash, verdict::clean};
  const char* stacks[] = {"a", "b", "c", "d", "b", "e"};
  sweep_result r;
  r.target = "p";
  r.program = {"./p", "x"};
  r.shard = std::to_string(i) + "/" + std::to_string(n);
  r.allocations = 6;
  r.complete = true;
  r.seconds = 0.5;
  for (unsigned at = 0; at < 6; ++at) {
    sweep_point point;
    point.n = at + 1;
    point.stack_id = stacks[at];
    if (at % n == i - 1) {
      point.what = whole[at];
      ++r.injected;
      ++r.snapshots;
      if (is_finding(point.what)) {
        r.findings.push_back(finding_of(point.what, point.stack_id, point.n));
      }
    }
    r.points.push_back(point);
  }
  testing_detail::count_verdicts(r);
  return r;
}

} // namespace mallocspy::tests
