// SPDX-License-Identifier: MIT
// What the command and the preloaded library share: a file that both map. Its path is in the environment of the program.
// Nothing in it points. Includes only what both can.
#pragma once

#include "testing/board/board.hpp"

#include <atomic>
#include <cstdint>

namespace mallocspy::tool {

// The environment variable with the session's folder.
inline constexpr const char* session_variable = "MALLOCSPY_SESSION";

enum class task : std::uint8_t {
  run,   // spies look on
  plan,  // requests fail by a plan
  point, // the request fails that the board's orders name; nothing is captured
  sweep, // a run of a sweep
};

enum class sweep_step : std::uint8_t { first, second, pass, replay };

// Which requests fail, for task::plan. The number counts those that pass the filters.
struct failure_plan {
  enum class kind : std::uint8_t { numbered, random, budget } what;
  std::uint64_t first;  // numbered: from 1
  std::uint64_t length; // numbered: how many
  double rate;
  std::uint64_t seed;
  std::uint64_t budget;
  std::uint64_t smallest;
  std::uint64_t largest;
  char caller[512]; // regular expression (POSIX, extended); empty: any
};

struct run_spies {
  bool leaks;
  bool guard;
  bool statistics;
  bool events;
  bool all_blocks;
  std::uint32_t depth;
  char trace[4096]; // path; the process's number is put behind it in all but the first
};

// A finding of the guard, noted when it is made: the process may crash of it.
struct damage_record {
  std::atomic<bool> complete;
  std::uint32_t code; // testing_detail::damage_code
  std::int32_t process;
  std::uint32_t allocated; // number of the stack on the board
  std::uint32_t freed;     // likewise; 0: it was not
  std::uint64_t size;      // bytes of the block, as requested
  std::int64_t offset;     // of the damaged byte, from the block's start
  char found_at[16];
};

struct session {
  static constexpr std::uint32_t most_damages = 64;           // that are told one by one
  static constexpr std::uint64_t sound = 0x6D616C6C6F637331U; // also tells versions apart
  std::uint64_t magic;
  task what;
  sweep_step step;
  std::atomic<std::int32_t> armed_process; // the first image that was armed; 0: none yet
  std::atomic<std::int32_t> ended;         // whether it came to its end, and noted it
  std::atomic<std::uint32_t> damages;      // run: findings of the guard; the first ones are in `damage`
  std::atomic<std::uint64_t> counted;      // plan
  std::atomic<std::uint64_t> failed;       // plan, point
  char follow[1024];                       // names of programs to arm, each behind a newline; empty: the first image
  failure_plan plan;
  run_spies spies;
  damage_record damage[most_damages];
  testing_detail::board board;
};

// Files in the session's folder.
inline constexpr const char* session_file = "session";
inline constexpr const char* report_file = "report";
inline constexpr const char* output_file = "stdout";
inline constexpr const char* error_file = "stderr";
inline constexpr const char* first_output_file = "stdout.unfailed";
inline constexpr const char* first_error_file = "stderr.unfailed";

} // namespace mallocspy::tool
