// SPDX-License-Identifier: MIT
// What all processes of a sweep share: the driver's orders, and what each child found. Memory that they map together, at
// whatever address; nothing in it points. Filled by code in hooks: nothing here allocates or takes a lock.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mallocspy/testing/sweep_options.hpp>

namespace mallocspy::testing_detail {

// Why there could be no snapshot.
enum class unsafe : std::uint8_t {
  no,
  threads,        // the process has others
  children,       // the process has some
  descriptors,    // a socket, a pipe or the like, or too many of them
  large_file,     // open for writing, and too large to copy
  shared_mapping, // writable memory that others see
  escaped,        // the child would have changed what is outside of it
  no_copy,        // the system makes no copy of the process
  asked,          // replays were asked for
  drift,          // control children end otherwise than the unfailed run
};

// What one child did: raw facts, which judge() turns into a verdict.
struct child_facts {
  enum flag : std::uint32_t {
    ended = 1 << 0,            // the other facts are there
    fired = 1 << 1,            // the failure was injected
    finished = 1 << 2,         // it came to the end of the function or program; leaks and damage were looked for
    timed_out = 1 << 3,        //
    escaped = 1 << 4,          //
    other_output = 1 << 5,     // stdout is not that of the unfailed run
    other_error_text = 1 << 6, // nor is stderr
    other_files = 1 << 7,      // nor a file that it writes to
    reported_error = 1 << 8,   // the function said so
    wrong_result = 1 << 9,     // the function, or whoever looked at its result, said so
    threw = 1 << 10,           // the function threw
    replayed = 1 << 11,        // by a rerun
  };
  std::atomic<std::uint32_t> flags;
  std::int32_t status;          // as waitpid tells it
  std::uint32_t milliseconds;   //
  std::uint32_t requests_after; // requests after the failure
  std::uint32_t lost_blocks;    // more than in the unfailed run
  std::uint32_t lost_stack;     // number on the board, of the first such; 0: none
  std::uint64_t lost_bytes;     //
  std::uint32_t damages;        // findings of the guard, and misuses
  std::uint32_t damage;         // of the first: guard_fault + 1, or misuse_kind + 101
  std::uint32_t damage_stack;   // of the damaged block's allocation; 0: unknown
  std::uint32_t crash_stack;    // where the signal came; 0: unknown
  std::int32_t escaped_call;    // number of the system call
  std::uint64_t files;          // digest of the files that it has written to, of those that were open at the snapshot
};

struct point {
  std::uint64_t size;              // requested bytes
  std::uint32_t stack;             // number on the board
  std::uint32_t occurrence;        // of the stack, from 1
  std::atomic<bool> wants_failure; // the driver wants a snapshot in which it fails
  std::atomic<bool> wants_control; // the driver wants a snapshot in which nothing fails
  std::atomic<unsafe> why_no_snapshot;
  child_facts failed; // what came of the failure
};

struct stack_frame {
  std::uint32_t module; // number on the board; 0: in none
  std::uint64_t offset; // in the module's file; in no module: the address. Of the return address
};

struct stack_record {
  static constexpr std::size_t most_frames = 24;
  std::atomic<std::uint64_t> key;         // hash of its frames; the same in each run of a program
  std::atomic<std::uint32_t> occurrences; // in the current run
  std::uint32_t frames;
  stack_frame frame[most_frames];
};

struct module_record {
  std::atomic<std::uint32_t> complete;
  char path[508];
};

// Blocks that are alive, or lost, at the end of the unfailed run.
struct survivor {
  std::uint64_t key; // of the stack
  std::uint32_t live;
  std::uint32_t lost;
};

// The driver's orders. Not changed while a run is under way.
struct orders {
  sweep_mode mode;
  std::uint64_t in_a_row;
  std::uint64_t budget;
  std::uint32_t jobs;
  std::uint32_t timeout; // milliseconds, of a child
  bool look_for_leaks;
  bool look_for_damage;
  bool all_threads;
  bool abort_is_crash;
  std::int64_t stop_at; // now() at which no more snapshots are taken
  // The allocation that fails in this run itself, by its number or by stack and occurrence; 0: none.
  std::uint64_t replay;
  std::uint64_t replay_key;
  std::uint64_t replay_occurrence;
};

struct board {
  static constexpr std::uint32_t most_points = std::uint32_t{1} << 21;
  static constexpr std::uint32_t most_stacks = std::uint32_t{1} << 17;
  static constexpr std::uint32_t most_modules = 512;
  static constexpr std::uint32_t most_survivors = 4096;
  static constexpr std::uint32_t most_jobs = 64;

  orders order;
  std::atomic<bool> cancelled; // by the user: no more snapshots and reruns
  // Of the run that is under way, or the last one.
  std::atomic<std::uint64_t> counted;           // allocations, also those beyond most_points
  std::atomic<std::uint64_t> snapshots;         // children
  std::atomic<std::uint64_t> done;              // points with facts
  std::atomic<std::uint64_t> suspicious;        // of these, with what will be a finding
  child_facts unfailed;                         // how the run itself ended
  std::atomic<std::uint64_t> known_allocations; // of an unfailed run; 0: not known yet
  child_facts unfailed_before;                  // how an unfailed run is known to end
  std::atomic<std::uint64_t> controls;          // children in which nothing failed
  std::atomic<std::uint64_t> differing;         // the first allocation at which such a child ended otherwise; 0: none
  std::atomic<std::uint32_t> differing_flags;   // in what
  child_facts control[most_jobs];               // of such children that run
  child_facts replayed;                         // of a run that failed itself
  std::uint64_t survivors;
  survivor survivor_of[most_survivors];

  std::atomic<std::uint32_t> stacks;  // in use; the first is number 1
  std::atomic<std::uint32_t> modules; // likewise
  module_record module[most_modules];
  std::atomic<std::uint32_t> stack_index[2 * most_stacks]; // by key
  stack_record stack[most_stacks];
  point points[most_points]; // by number, from 1

  // returns: the record of a point; null beyond the last
  point* find_point(std::uint64_t n) noexcept {
    return n == 0 || n >= most_points ? nullptr : &points[n];
  }
};

// How an end is judged.
struct judging {
  bool abort_is_crash;
  bool is_function;           // else a program: the exit status tells how it went
  bool exit_is_crash = false; // of a function that calls exit(): a sanitizer does when it has found something
};

// returns: a board in memory that children share; null without memory. Pages cost nothing until they are touched
board* make_board() noexcept;
void discard_board(board* b) noexcept;

} // namespace mallocspy::testing_detail
