// SPDX-License-Identifier: MIT
// Second part of the demo: every allocation fails, one after another, and SQLite copes.
#pragma once

#include "failed_run.hpp"

#include <filesystem>
#include <functional>

// effects: makes the unfailed run that the failed ones are compared with
// errors: std::runtime_error if it fails, or does not make the same allocations each time
small_workload measure_small_workload(const std::filesystem::path& folder, int orders);

// effects: fails each allocation (with `every` > 1 each n-th) alone, and again together with all later ones; prints what
//   came of it, and how to replay what should not be
// returns: whether all failures were reported or tolerated, and the numbers add up
// errors: as sweep()
bool show_sweep(const small_workload& workload, long every, const std::filesystem::path& folder,
                const std::function<bool()>& stop);

// effects: runs one failure, in one child that a debugger can follow, and prints its verdict
// returns: whether it was reported or tolerated
bool show_one_failure(const small_workload& workload, failure_plan plan, const std::filesystem::path& folder);
