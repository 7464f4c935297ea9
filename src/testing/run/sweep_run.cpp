// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "testing/run/sweep_run.hpp"

#include "blocks/hints.hpp"
#include "testing/run/crash_watch.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>
#if defined(__APPLE__)
#include <pthread.h>
#else
#include <sys/syscall.h>
#endif

namespace mallocspy::testing_detail {

namespace {

constexpr std::size_t depth = stack_record::most_frames;

int this_thread_id() noexcept {
#if defined(__APPLE__)
  std::uint64_t id = 0;
  ::pthread_threadid_np(nullptr, &id);
  return static_cast<int>(id);
#else
  return static_cast<int>(::syscall(SYS_gettid));
#endif
}

// A thread's answer to whether it is counted, for one run: the epoch, doubled, and the answer.
__thread std::uint32_t answer_of_thread = 0;
__thread int depth_of_thread = 0;

void clear(child_facts& facts) noexcept {
  facts.flags.store(0, std::memory_order_relaxed);
  facts.status = 0;
  facts.milliseconds = 0;
  facts.requests_after = 0;
  facts.lost_blocks = 0;
  facts.lost_stack = 0;
  facts.lost_bytes = 0;
  facts.damages = 0;
  facts.damage = 0;
  facts.damage_stack = 0;
  facts.crash_stack = 0;
  facts.escaped_call = 0;
  facts.files = 0;
}

// returns: how many threads this process has; the first ones are in `ids`
unsigned list_threads(int (&ids)[64]) noexcept {
  unsigned count = 0;
  if (DIR* folder = ::opendir("/proc/self/task")) {
    while (const dirent* e = ::readdir(folder)) {
      const int id = std::atoi(e->d_name);
      if (id != 0 && count < 64) {
        ids[count++] = id;
      }
    }
    ::closedir(folder);
  }
  return count;
}

} // namespace

int& depth_without_faults() noexcept {
  return depth_of_thread;
}

void sweep_run::begin(board& b, leak_tracker& leaks, guard& damage, const judging& how, const output_files& output,
                      const output_files& baseline) noexcept {
  // A new board may lie where the last one lay.
  if (m_board != &b || b.stacks.load(std::memory_order_relaxed) == 0) {
    m_stacks.attach(&b);
  }
  m_board = &b;
  m_leaks = &leaks;
  m_damage = &damage;
  m_how = how;
  m_output = output;
  m_baseline = baseline;
  m_role = role::unfailed;
  m_replays = false;
  m_ended = false;
  m_keeps_account = false;
  m_facts = &b.unfailed;
  m_running = 0;
  m_file_sets = 0;
  m_account.store(0, std::memory_order_relaxed);
  clear(b.unfailed);
  b.counted.store(0, std::memory_order_relaxed);
  m_counted.store(0, std::memory_order_relaxed);
  for (std::uint32_t i = 1; i <= b.stacks.load(std::memory_order_relaxed); ++i) {
    b.stack[i].occurrences.store(0, std::memory_order_relaxed);
  }
  m_caller = this_thread_id();
  m_process = ::getpid();
  m_known_thread_count = b.order.all_threads ? list_threads(m_known_threads) : 0;
  m_epoch.fetch_add(1, std::memory_order_relaxed);
  m_safety.begin(output);
  m_mark = leaks.mark();
  leaks.start();
  m_armed.store(true, std::memory_order_release);
}

void sweep_run::begin_replay(board& b, leak_tracker& leaks, guard& damage, const judging& how) noexcept {
  const std::uint64_t counted = b.counted.load(std::memory_order_relaxed);
  m_met.store(0, std::memory_order_relaxed);
  clear(b.replayed);
  begin(b, leaks, damage, how, {}, {});
  b.counted.store(counted, std::memory_order_relaxed);
  m_replays = true;
  m_facts = &b.replayed;
}

void sweep_run::watch_this_process() noexcept {
  watch_for_crashes(*m_facts, m_stacks, m_how.is_function);
}

void sweep_run::end() noexcept {
  m_armed.store(false, std::memory_order_release);
  m_leaks->stop();
  if (!is_child()) {
    while (m_running != 0) {
      collect_one();
    }
    m_board->counted.store(m_counted.load(std::memory_order_relaxed), std::memory_order_relaxed);
  }
  m_role = role::idle;
}

void sweep_run::leave() noexcept {
  disarm();
  m_role = role::idle;
  m_running = 0;
  for (child_process& child : m_children) {
    child = {};
  }
}

bool sweep_run::counts_this_thread() noexcept {
  if (depth_of_thread != 0) {
    return false;
  }
  const std::uint32_t epoch = m_epoch.load(std::memory_order_relaxed);
  if (MALLOCSPY_UNLIKELY(answer_of_thread >> 1 != epoch)) {
    const int id = this_thread_id();
    bool counts = id == m_caller;
    if (m_board->order.all_threads && !counts) {
      counts =
          std::find(m_known_threads, m_known_threads + m_known_thread_count, id) == m_known_threads + m_known_thread_count;
    }
    answer_of_thread = epoch << 1 | (counts ? 1 : 0);
  }
  return (answer_of_thread & 1) != 0;
}

bool sweep_run::permits(std::uint64_t size) noexcept {
  if (!counts_this_thread()) {
    return true;
  }
  if (m_role == role::unfailed) {
    return meets(m_counted.fetch_add(1, std::memory_order_relaxed) + 1, size);
  }
  if (m_role == role::failing) {
    ++m_facts->requests_after;
    return !fails_now(size);
  }
  return true;
}

bool sweep_run::meets(std::uint64_t n, std::uint64_t size) noexcept {
  const orders& order = m_board->order;
  if (m_replays) {
    bool chosen = n == order.replay;
    if (order.replay_key != 0) {
      const std::uint32_t stack = m_stacks.number_of(capture_client_stack_id(depth));
      chosen = stack != 0 && m_board->stack[stack].key.load(std::memory_order_relaxed) == order.replay_key &&
               m_met.fetch_add(1, std::memory_order_relaxed) + 1 == order.replay_occurrence;
    }
    if (chosen) {
      start_failing();
    }
    return !chosen;
  }
  point* p = m_board->find_point(n);
  if (p == nullptr) {
    return true;
  }
  p->size = size;
  p->stack = m_stacks.number_of(capture_client_stack_id(depth));
  p->occurrence = p->stack == 0 ? 0 : m_board->stack[p->stack].occurrences.fetch_add(1, std::memory_order_relaxed) + 1;
  const bool wants_failure = p->wants_failure.load(std::memory_order_relaxed);
  const bool wants_control = p->wants_control.load(std::memory_order_relaxed);
  if (MALLOCSPY_LIKELY(!wants_failure && !wants_control) || now() >= order.stop_at ||
      m_board->cancelled.load(std::memory_order_relaxed) || m_board->differing.load(std::memory_order_relaxed) != 0) {
    return true;
  }
  if (wants_control) {
    take_snapshot(n, true);
  }
  return m_role == role::control || !wants_failure || !take_snapshot(n, false);
}

void sweep_run::start_failing() noexcept {
  const orders& order = m_board->order;
  m_role = role::failing;
  m_facts->flags.fetch_or(child_facts::fired, std::memory_order_relaxed);
  m_left = order.mode == sweep_mode::in_a_row ? order.in_a_row - 1 : 0;
  m_keeps_account = order.mode == sweep_mode::budget;
}

bool sweep_run::fails_now(std::uint64_t size) noexcept {
  switch (m_board->order.mode) {
  case sweep_mode::all_after:
    return true;
  case sweep_mode::in_a_row:
    return m_left != 0 && m_left-- != 0;
  case sweep_mode::budget:
    return m_account.load(std::memory_order_relaxed) + static_cast<std::int64_t>(size) >
           static_cast<std::int64_t>(m_board->order.budget);
  case sweep_mode::once:
    break;
  }
  return false;
}

void sweep_run::credit(std::uint64_t size) noexcept {
  m_account.fetch_add(static_cast<std::int64_t>(size), std::memory_order_relaxed);
}

void sweep_run::note_damage(std::uint32_t what, stack_id block_stack) noexcept {
  if (m_facts == nullptr || m_ended || m_role == role::idle) {
    return;
  }
  if (m_facts->damages++ == 0) {
    m_facts->damage = what;
    m_facts->damage_stack = m_stacks.number_of(block_stack);
  }
}

} // namespace mallocspy::testing_detail
