// SPDX-License-Identifier: MIT
// What a sweep found out: a value that can be printed, queried and asserted on.
// source: ours
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <mallocspy/contract/export.h>
#include <string>
#include <vector>

namespace mallocspy {

// What came of one failed allocation, relative to the run in which none failed. Of those that fit it is the first.
enum class verdict : std::uint8_t {
  untested,  // left out: by a limit, a filter, another shard, or because it never came
  crash,     // ended by a signal
  corrupt,   // heap damage or misuse: written beyond a block, freed twice, freed what is no block
  hang,      // not done by the deadline
  leak,      // some call stack loses more blocks than without the failure
  silent,    // success was reported, and the output or the result is another
  clean,     // the failure was reported: an error, an exception, another exit status
  tolerated, // success, with the same output and result
};
inline constexpr std::size_t verdict_count = 8;

// returns: "crash", "corrupt" ... as in reports; a string with static storage
MALLOCSPY_API const char* name_of(verdict what) noexcept;

// returns: whether a sweep reports it as a finding: crash, corrupt, hang, leak, silent
constexpr bool is_finding(verdict what) noexcept {
  return what >= verdict::crash && what <= verdict::silent;
}

// Which allocations fail at one point.
enum class sweep_mode : std::uint8_t {
  once,      // the n-th
  all_after, // the n-th and all later ones
  in_a_row,  // a number of them, beginning with the n-th
  budget,    // from the n-th on each that would make more bytes live than there were, and the budget
};

// returns: "once", "all-after", "in-a-row", "budget"; a string with static storage
MALLOCSPY_API const char* name_of(sweep_mode mode) noexcept;

// One allocation of the unfailed run.
struct sweep_point {
  std::uint64_t n = 0;               // its number, from 1
  std::string stack_id;              // hash of the module and function names of its call stack, 16 hexadecimal digits
  std::uint64_t occurrence = 0;      // the how manieth with this stack, from 1
  std::uint64_t size = 0;            // requested bytes
  verdict what = verdict::untested;  //
  bool replayed = false;             // by a rerun, not in a snapshot
  std::uint64_t allocated_again = 0; // requests after the failure
};

// A point, or several with the same call stack and verdict, that somebody should look at.
struct sweep_finding {
  verdict what = verdict::untested;
  std::uint64_t allocation = 0; // number of the first such point
  std::uint64_t occurrence = 0; // and its occurrence
  std::uint64_t points = 0;     // how many there are
  std::string stack_id;
  bool confirmed = false;         // it came again when it was repeated
  int signal = 0;                 // crash: the signal's number
  bool error_text = false;        // silent: something new was written to stderr
  std::string detail;             // one line: what differs, what was lost, what is damaged; may be empty
  std::vector<std::string> stack; // of the failed allocation, innermost first: "function (file.c:12)"
  std::vector<std::string> other; // crash: where; leak: of the lost block's allocation; corrupt: of the damaged block's
  std::string replay;             // the command, or the setting, that repeats it
};

// threads: a value; as those of the standard library
struct MALLOCSPY_API sweep_result {
  std::string target;               // name of what was swept
  std::vector<std::string> program; // the command line; empty for a function
  bool complete = false;            // each point that was wanted has a verdict
  std::string stopped;              // why not, if it is not complete; else empty
  std::string shard = "1/1";
  sweep_mode mode = sweep_mode::once;
  std::uint64_t allocations = 0; // of the unfailed run
  std::uint64_t injected = 0;    // points at which a failure was injected
  std::uint64_t snapshots = 0;   // of these, in a snapshot
  std::uint64_t replays = 0;     // of these, in a rerun
  std::uint64_t never_fired = 0; // reruns that never came to the allocation
  bool nondeterministic = false; // two unfailed runs differ, or a child in which nothing failed
  std::string drift;             // how they differ; empty if they do not
  std::string unsafe;            // why points were replayed: threads, escaped ...; empty if none were
  std::string error;             // why there could be no sweep at all; else empty
  double seconds = 0;
  std::array<std::uint64_t, verdict_count> verdicts{}; // points by verdict
  std::vector<sweep_point> points;                     // all allocations of the unfailed run, by number
  std::vector<sweep_finding> findings;                 // confirmed ones: worst first
  std::vector<sweep_finding> unconfirmed;              // those that did not come again
  std::vector<sweep_finding> suppressed;               // those that the suppression file expects

  // returns: how many points have the verdict
  std::uint64_t count(verdict what) const noexcept {
    return verdicts[static_cast<std::size_t>(what)];
  }
  // returns: whether the sweep took place, is complete, and has no confirmed finding
  bool passed() const noexcept {
    return error.empty() && complete && findings.empty();
  }
  explicit operator bool() const noexcept {
    return passed();
  }
  // returns: 0 nothing found, 1 confirmed findings, 2 could not run
  int exit_status() const noexcept {
    return !error.empty() ? 2 : findings.empty() ? 0 : 1;
  }

  // returns: the report for people: totals, a table by verdict, each finding with its call stack and its replay
  std::string text(bool colours = false) const;

  // returns: the report for programs: JSON, schema 1
  std::string json() const;
};

// effects: writes text()
MALLOCSPY_API std::ostream& operator<<(std::ostream& out, const sweep_result& result);

} // namespace mallocspy
