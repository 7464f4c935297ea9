// SPDX-License-Identifier: MIT
// Fails each allocation of a workload in turn, each in a process of its own.
#pragma once

#include "failed_run.hpp"

#include <array>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

struct finding {
  failure_plan plan;
  verdict what;
  std::string how; // of a crash: the signal, the exit status or the deadline
};

struct sweep_result {
  std::array<long, verdict_names.size()> counts{}; // by verdict
  std::vector<finding> findings;                   // all that is neither reported nor tolerated

  long operator[](verdict v) const {
    return counts[static_cast<std::size_t>(v)];
  }
};

struct sweep_plan {
  bool all_after;
  long every;    // 1 fails each allocation, n each n-th
  unsigned jobs; // processes at a time
};

// The numbers of the allocations that a plan fails.
std::vector<long> points_of(const sweep_plan& plan, const small_workload& workload);

// effects: runs every point, and calls progress(done) after each; database files live in the folder for as long as their
//   process
// errors: std::runtime_error if a process cannot be started, or if stop() says so
sweep_result sweep(const small_workload& workload, const sweep_plan& plan, const std::filesystem::path& folder,
                   const std::function<void(std::size_t)>& progress, const std::function<bool()>& stop);

// effects: runs one point alone; what it writes to stderr is seen
finding run_in_child(const small_workload& workload, failure_plan plan, const std::filesystem::path& folder);
