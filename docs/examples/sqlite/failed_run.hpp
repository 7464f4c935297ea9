// SPDX-License-Identifier: MIT
// One run of the workload with a failure in it, and what became of it.
#pragma once

#include "workload.hpp"

#include <array>
#include <string>

struct failure_plan {
  long first;     // the number of the allocation to fail; allocations and reallocations are counted together, from 1
  bool all_after; // fail all later ones too
};

enum class verdict {
  reported,  // SQLite said that it had no memory
  tolerated, // SQLite gave the right answer in spite of the failure
  wrong,     // SQLite gave another answer, or another error
  leaked,    // SQLite has shut down and still holds blocks
  crashed,   // the run did not come to its end
  not_fired, // the failure never came: a fault of this program, not of SQLite
};

inline constexpr std::array verdict_names{"reported", "tolerated", "wrong", "leaked", "crashed", "not fired"};

inline std::string name_of(verdict v) {
  return verdict_names[static_cast<std::size_t>(v)];
}

struct small_workload {
  int orders;
  outcome unfailed;
  long allocations; // in the unfailed run, reallocations included
};

// effects: runs the workload in a new file under a fault_injector; aborts if SQLite misuses a block
// returns: anything but crashed, which is for whoever watches this process
verdict run_with_failure(const small_workload& workload, failure_plan plan, const std::string& new_file);
