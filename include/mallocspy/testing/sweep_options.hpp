// SPDX-License-Identifier: MIT
// How a sweep is to be made.
// source: ours
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mallocspy/testing/sweep_result.hpp>
#include <string>

namespace mallocspy {

// How the function under test ended, when nothing else went wrong.
enum class sweep_outcome : std::uint8_t {
  correct,        // it reported success, and its result is right
  reported_error, // it said that it could not
  wrong,          // it reported success, and its result is not right
};

// Whose allocations are counted and failed.
enum class sweep_threads : std::uint8_t {
  caller,      // those of the thread that calls oom_sweep
  caller_tree, // and of threads that begin while the function under test runs
};

struct sweep_progress {
  std::uint64_t done;     // points
  std::uint64_t wanted;   // points
  std::uint64_t findings; // not yet confirmed ones too
};

struct sweep_options {
  std::string name = "oom_sweep"; // in reports
  sweep_mode mode = sweep_mode::once;
  std::uint64_t in_a_row = 2;              // in_a_row: how many
  std::uint64_t budget = 0;                // budget: bytes
  unsigned jobs = 1;                       // children at one time
  std::chrono::milliseconds timeout{0};    // of one child; 0: ten times the unfailed run and a second
  bool unique = false;                     // only the first point of each call stack
  std::uint64_t limit = 0;                 // points at most; 0: all
  std::chrono::milliseconds stop_after{0}; // of the whole sweep; 0: never
  std::uint64_t only = 0;                  // just this point; 0: all
  std::string only_stack;                  // just this call stack; empty: all
  std::uint64_t only_occurrence = 0;       // of only_stack; 0: all
  unsigned shard = 1;                      // this part of the points ...
  unsigned shards = 1;                     // ... of so many
  sweep_threads threads = sweep_threads::caller;
  bool always_replay = false;   // rerun the function for each point; no snapshots
  bool abort_is_crash = true;   // else std::abort counts as a reported error
  bool look_for_leaks = true;   //
  bool look_for_damage = true;  // with the guard
  bool prime_with_error = true; // before a leak is looked for again, let its failure happen in this process once: what is
                                // set up on the way out of an error is then no leak. Not where runs differ
  std::string suppressions;     // path of a file of expected findings; empty: none
  std::string resume;           // path of a JSON report: points that have a verdict there, and no finding, are not made
                                // again; written at the end, also when that is an interruption. Empty: none

  // Called in the child after the function under test has returned.
  std::function<bool()> is_correct;     // whether its result is right. Empty: it is
  std::function<bool()> reported_error; // whether it reported an error, out of band. Empty: it did not

  // Called on the sweeping thread: after the snapshots of a run, and after each rerun.
  std::function<void(const sweep_progress&)> progress;
};

// effects: overwrites options by what the environment says, so that one point of a test can be repeated, or a sweep split,
//   without building anew:
//     MALLOCSPY_SWEEP_ONLY       a number, or stack_id or stack_id:occurrence
//     MALLOCSPY_SWEEP_MODE       once, all-after, in-a-row, budget
//     MALLOCSPY_SWEEP_SHARD      I/N
//     MALLOCSPY_SWEEP_JOBS, MALLOCSPY_SWEEP_LIMIT, MALLOCSPY_SWEEP_UNIQUE, MALLOCSPY_SWEEP_REPLAY (0 or 1)
//   oom_sweep does it itself.
// errors: a value that cannot be read is named in one line on stderr, and has no effect
MALLOCSPY_API void read_environment(sweep_options& options);

} // namespace mallocspy
