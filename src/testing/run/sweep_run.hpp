// SPDX-License-Identifier: MIT
// One run of what is swept, in this process: counts its allocations, takes snapshots at those that the board wishes for,
// and decides in children which ones fail. Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "testing/board/board.hpp"
#include "testing/process/child_process.hpp"
#include "testing/process/snapshot_safety.hpp"
#include "testing/run/board_stacks.hpp"
#include "testing/run/judge.hpp"

#include <mallocspy/spies/guard.hpp>
#include <mallocspy/spies/leak_tracker.hpp>

namespace mallocspy::spies {
struct calling_thread;
} // namespace mallocspy::spies

namespace mallocspy::testing_detail {

// What this process is.
enum class role : std::uint8_t {
  idle,
  unfailed, // the run, or a child that replays it up to the allocation that fails
  failing,  // a child after its failure
  control,  // a child in which nothing fails
};

class sweep_run {
public:
  // effects: begins a run: from now on allocations are counted. All threads of the orders are armed
  // leaks, damage: of the chain in which the run's spy is
  // output: what the run's stdout and stderr are; baseline: what they were in the unfailed run, for comparison. Descriptors
  //   of the caller, which stay open until end()
  void begin(board& b, leak_tracker& leaks, guard& damage, const judging& how, const output_files& output,
             const output_files& baseline) noexcept;

  // effects: the same, in a process that is to fail itself at the orders' replay; what it does goes to board.replayed
  void begin_replay(board& b, leak_tracker& leaks, guard& damage, const judging& how) noexcept;
  // effects: in a child: from now on a crash is noted
  void watch_this_process() noexcept;

  // effects: ends the run: waits for its children; nothing is counted any more
  void end() noexcept;

  // effects: in a child of the process by fork(): nothing is counted any more, and the snapshots are the parent's
  void leave() noexcept;

  // returns: the process whose run this is
  int process() const noexcept {
    return m_process;
  }

  // effects: notes how this process ends, leaks and damage too. In a child nothing more is looked for afterwards
  // flags: of child_facts, in addition. caller: what counts as held by this thread
  void note_end(std::uint32_t flags, const spies::calling_thread& caller) noexcept;

  // effects: notes what is alive and what is lost now, as the unfailed run leaves it
  void note_survivors(const spies::calling_thread& caller) noexcept;

  // effects: see board_stacks
  void end_stacks_at(const void* return_address) noexcept {
    m_stacks.end_at(return_address);
  }

  // effects: from now on nothing is counted and nothing fails in this process
  void disarm() noexcept {
    m_armed.store(false, std::memory_order_relaxed);
  }

  // returns: whether this process is a child of the sweep, or fails in its own run
  bool is_child() const noexcept {
    return m_role == role::failing || m_role == role::control || m_replays;
  }

  // returns: whether a run is under way: from begin() to end()
  bool is_under_way() const noexcept {
    return m_role != role::idle;
  }

  bool is_armed() const noexcept {
    return m_armed.load(std::memory_order_relaxed);
  }

  // effects: what a hook does with a request. returns: false if it is to fail
  bool permits(std::uint64_t size) noexcept;
  // effects: tells of a block, once it is there or before it is gone; for budgets
  void credit(std::uint64_t size) noexcept;
  void debit(const void* block) noexcept;
  bool keeps_account() const noexcept {
    return m_keeps_account;
  }

  // effects: tells of heap damage. block_stack: of its allocation; may be 0
  void note_damage(std::uint32_t what, stack_id block_stack) noexcept;

private:
  struct child_slot {
    std::uint64_t n = 0; // of the point
    bool is_control = false;
    std::uint64_t written = 0;
    output_files output;
    off_t out_before = 0; // what the run had written
    off_t err_before = 0;
    int copies[8] = {};
    int copied = 0;
    unsigned compared = 0; // a bit for each copy
  };
  // What files that are open for writing are like at the end, if nothing fails.
  struct known_files {
    std::uint64_t written; // which files
    std::uint64_t digest;
    bool usable; // else that child escaped, and nobody knows
  };

  bool counts_this_thread() noexcept;
  bool meets(std::uint64_t n, std::uint64_t size) noexcept;
  bool take_snapshot(std::uint64_t n, bool is_control) noexcept;
  unsafe learn_files(std::uint64_t n, const open_files& files) noexcept;
  unsafe make_control(std::uint64_t n, const open_files& files) noexcept;
  unsafe make_child(std::uint64_t n, bool is_control, const open_files& files) noexcept;
  bool fails_now(std::uint64_t size) noexcept;
  void start_failing() noexcept;
  bool prepare(child_slot& slot, const open_files& files) noexcept;
  void become_child(child_slot& slot, const open_files& files) noexcept;
  void collect_one() noexcept;
  void compare_output(const child_slot& slot, child_facts& facts) noexcept;
  void check_blocks() noexcept;
  void look_for_leaks(const spies::calling_thread& caller) noexcept;
  const known_files* find_files(std::uint64_t written) const noexcept;

  std::atomic<bool> m_armed{false};
  role m_role = role::idle;
  bool m_replays = false; // this process fails in its own run
  bool m_ended = false;
  bool m_keeps_account = false;
  board* m_board = nullptr;
  leak_tracker* m_leaks = nullptr;
  guard* m_damage = nullptr;
  judging m_how{};
  child_facts* m_facts = nullptr; // of this process
  std::uint64_t m_mark = 0;       // the leak tracker's, at the begin
  std::uint64_t m_left = 0;       // failing: how many more fail in a row
  std::atomic<std::uint64_t> m_counted{0};
  std::atomic<std::uint64_t> m_met{0}; // replay by stack: occurrences so far
  std::atomic<std::int64_t> m_account{0};
  std::atomic<std::uint32_t> m_epoch{0}; // of the threads that are armed
  int m_known_threads[64] = {};
  unsigned m_known_thread_count = 0;
  int m_caller = 0;
  int m_process = 0;
  board_stacks m_stacks;
  snapshot_safety m_safety;
  output_files m_output;
  output_files m_baseline;
  child_process m_children[board::most_jobs];
  child_slot m_slots[board::most_jobs];
  unsigned m_running = 0;
  std::uint32_t m_control_difference = 0; // of the last control
  static constexpr unsigned most_file_sets = 16;
  known_files m_files[most_file_sets] = {};
  unsigned m_file_sets = 0;
};

// For no_fault_scope. returns: how many scopes this thread is in
int& depth_without_faults() noexcept;

} // namespace mallocspy::testing_detail
