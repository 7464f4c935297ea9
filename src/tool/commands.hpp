// SPDX-License-Identifier: MIT
// What the command line asked for: a value for each verb.
#pragma once

#include <cstdint>
#include <limits>
#include <mallocspy/spies/trace_reader.hpp>
#include <mallocspy/testing/sweep_options.hpp>
#include <optional>
#include <string>
#include <vector>

namespace mallocspy::tool {

enum class colour_choice : std::uint8_t { automatic, always, never };

// What verbs that start a program have in common.
struct launched_program {
  std::vector<std::string> words;  // the program and its arguments; never empty
  std::vector<std::string> follow; // names of programs that it starts, to be armed instead of it
};

// Files to write a report to. Empty: not wanted. "-" is standard output.
struct report_files {
  std::string json;
  std::string junit;
  std::string html;
};

struct run_command {
  launched_program program;
  bool leaks = true;
  bool guard = false;
  bool statistics = false;
  bool events = false;                // the spy trace
  std::string trace;                  // its file; empty: none was named
  std::string output;                 // file for the report; empty: standard error
  std::string suppressions;           // file of expected findings; empty: none
  bool all_blocks = false;            // list blocks that are still reachable, too
  unsigned depth = 24;                // frames of a stack
  std::optional<int> error_exit_code; // exit status on findings; none: the program's
  colour_choice colours = colour_choice::automatic;
};

struct fail_command {
  launched_program program;
  // The plan: nth, stack, rate or budget; none of them fails the first request. budget with nth or stack: mode is budget.
  std::uint64_t nth = 0;               // 0: not by number
  std::string stack;                   // stack_id; empty: not by stack
  std::uint64_t occurrence = 1;        // of the stack
  std::optional<double> rate;          // probability of each, 0 to 1
  std::uint64_t seed = 1;              // of rate
  std::optional<std::uint64_t> budget; // bytes that may live at one time; of mode budget: that may be added from there on
  // Narrowed by these.
  std::uint64_t smallest = 0; // requested bytes
  std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
  std::string caller; // regular expression for a function or module on the stack; empty: any
  // Of nth and stack: which fail from there on.
  sweep_mode mode = sweep_mode::once;
  std::uint64_t count = 2;            // in_a_row
  std::optional<int> error_exit_code; // exit status if the planned failure never came; none: the program's
};

struct sweep_command {
  launched_program program;
  mallocspy::sweep_options sweep;   // is_correct, reported_error, progress and name are not from here
  std::vector<std::string> include; // only points with a function or module like one of these on their stack
  std::vector<std::string> exclude; // no points with one like these
  bool in_place = false;            // reruns use the working directory itself, not a copy
  std::uint64_t stdin_limit = std::uint64_t{64} << 20; // bytes of a piped standard input that are kept for reruns
  report_files files;
  colour_choice colours = colour_choice::automatic;
};

enum class fail_on : std::uint8_t { findings, new_findings, nothing };

struct report_command {
  std::vector<std::string> files; // sweeps, or one trace
  std::string baseline;           // an earlier sweep; empty: no comparison
  fail_on fails = fail_on::findings;
  report_files output;
  bool quiet = false; // no text on standard output
  std::string pprof;  // files to convert a trace to; empty: not wanted
  std::string collapsed;
  trace_value value = trace_value::allocated_bytes;
  colour_choice colours = colour_choice::automatic;
};

} // namespace mallocspy::tool
