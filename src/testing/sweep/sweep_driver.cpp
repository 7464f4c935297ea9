// SPDX-License-Identifier: MIT
#include "testing/sweep/sweep_driver.hpp"

#include "blocks/line.hpp"
#include "testing/process/child_process.hpp"
#include "testing/process/whole_file.hpp"
#include "testing/report/sweep_json.hpp"
#include "testing/run/judge.hpp"
#include "testing/sweep/sweep_findings.hpp"
#include "testing/sweep/sweep_plan.hpp"

#include <algorithm>
#include <fstream>
#include <optional>
#include <stdexcept>

namespace mallocspy::testing_detail {

namespace {

using flag = child_facts::flag;

std::string words_for(std::uint32_t flags) {
  std::string words;
  const auto add = [&words, flags](std::uint32_t bit, const char* text) {
    if ((flags & bit) != 0) {
      words += words.empty() ? text : std::string(", ") + text;
    }
  };
  add(flag::other_output, "other output");
  add(flag::other_error_text, "other text on stderr");
  add(flag::other_files, "other contents of files");
  add(flag::wrong_result, "another result");
  add(flag::reported_error | flag::threw, "an error");
  add(flag::timed_out, "not done by the deadline");
  return words.empty() ? "another end" : words;
}

bool has_facts(const point& p) noexcept {
  return (p.failed.flags.load(std::memory_order_relaxed) & flag::ended) != 0;
}

} // namespace

sweep_driver::sweep_driver(sweep_subject& subject, const sweep_options& options, board& b, wanted_stack is_wanted)
    : m_subject(subject), m_options(options), m_is_wanted(std::move(is_wanted)), m_board(b), m_how(subject.how()),
      m_began(now()), m_stop_at(INT64_MAX), m_always_replay(options.always_replay) {
  if (options.stop_after.count() != 0) {
    m_stop_at = m_began + options.stop_after.count();
  }
  orders& order = b.order;
  order.mode = options.mode;
  order.in_a_row = std::max<std::uint64_t>(options.in_a_row, 1);
  order.budget = options.budget;
  order.jobs = std::clamp(options.jobs, 1U, board::most_jobs);
  order.look_for_leaks = options.look_for_leaks;
  order.look_for_damage = options.look_for_damage;
  order.all_threads = options.threads == sweep_threads::caller_tree;
  order.abort_is_crash = options.abort_is_crash;
  order.stop_at = m_stop_at;
  m_result.target = options.name;
  m_result.mode = options.mode;
  m_result.shard = std::to_string(options.shard) + "/" + std::to_string(std::max(options.shards, 1U));
}

bool sweep_driver::out_of_time() const noexcept {
  return now() >= m_stop_at || is_cancelled();
}

bool sweep_driver::is_cancelled() const noexcept {
  return m_board.cancelled.load(std::memory_order_relaxed);
}

verdict sweep_driver::verdict_of(std::uint64_t n) const noexcept {
  return judge(m_board.points[n].failed, m_board.unfailed_before, m_how);
}

std::uint64_t sweep_driver::last_point() const noexcept {
  return std::min<std::uint64_t>(m_result.allocations, board::most_points - 1);
}

void sweep_driver::note_drift(const std::string& how) {
  m_result.nondeterministic = true;
  m_result.drift += (m_result.drift.empty() ? "" : "; ") + how;
  m_always_replay = true;
}

void sweep_driver::snapshot_pass(const std::vector<std::uint64_t>& points) {
  if (points.empty() || out_of_time()) {
    return;
  }
  for (const std::uint64_t n : points) {
    m_board.points[n].wants_failure.store(true, std::memory_order_relaxed);
  }
  // The first allocation, the last, and one in between: where nothing fails nothing may differ.
  // Once: the later passes run the same.
  constexpr std::uint64_t controls = 3;
  for (std::uint64_t i = 0; i < controls && m_board.controls.load(std::memory_order_relaxed) == 0; ++i) {
    m_board.points[1 + (last_point() - 1) * i / (controls - 1)].wants_control.store(true, std::memory_order_relaxed);
  }
  const std::string error = m_subject.run(unfailed_run::pass);
  for (std::uint64_t n = 1; n <= last_point(); ++n) {
    m_board.points[n].wants_failure.store(false, std::memory_order_relaxed);
    m_board.points[n].wants_control.store(false, std::memory_order_relaxed);
  }
  const std::uint64_t differing = m_board.differing.exchange(0, std::memory_order_relaxed);
  if (!error.empty()) {
    note_drift(error);
  } else if (differing != 0) {
    note_drift("a snapshot at allocation " + std::to_string(differing) + " in which nothing failed had " +
               words_for(m_board.differing_flags.load(std::memory_order_relaxed)));
  } else if (!out_of_time() && !is_as_learned(last_run())) {
    note_drift("a run with snapshots makes other allocations than the one before");
  }
  if (m_always_replay) { // what the snapshots showed is doubtful, and of other points maybe
    for (const std::uint64_t n : points) {
      copy_facts(child_facts{}, m_board.points[n].failed);
    }
    name_points_as_learned();
  }
}

// effects: the point fails in a run of its own
void sweep_driver::replay(std::uint64_t n) {
  point& p = m_board.points[n];
  order_replay(n);
  const bool was_run = m_subject.replay();
  order_no_replay();
  if (!was_run) {
    p.why_no_snapshot.store(unsafe::no_copy, std::memory_order_relaxed);
    return;
  }
  copy_facts(m_board.replayed, p.failed);
  m_board.done.fetch_add(1, std::memory_order_relaxed);
  if ((p.failed.flags.load(std::memory_order_relaxed) & flag::fired) == 0) {
    ++m_never_fired;
  }
  if (is_finding(verdict_of(n))) {
    m_board.suspicious.fetch_add(1, std::memory_order_relaxed);
  }
}

void sweep_driver::order_replay(std::uint64_t n) noexcept {
  const point& p = m_board.points[n];
  m_board.order.replay = n;
  // Counts drift a little between runs; a call stack and its occurrence drift less.
  m_board.order.replay_key =
      m_result.nondeterministic && p.stack != 0 ? m_board.stack[p.stack].key.load(std::memory_order_relaxed) : 0;
  m_board.order.replay_occurrence = p.occurrence;
}

void sweep_driver::order_no_replay() noexcept {
  m_board.order.replay = 0;
  m_board.order.replay_key = 0;
}

// In two passes, so that what is found early is most of what there is; in one where it does not matter.
void sweep_driver::test_points(const sweep_plan& plan) {
  std::vector<std::uint64_t> first = plan.first;
  constexpr std::int64_t soon = 10000; // milliseconds
  constexpr std::int64_t snapshot = 2;
  if (m_options.stop_after.count() == 0 && static_cast<std::int64_t>(m_wanted) * (m_unfailed_took + snapshot) < soon) {
    first.insert(first.end(), plan.rest.begin(), plan.rest.end());
    test_points(first);
    return;
  }
  test_points(first);
  test_points(plan.rest);
}

void sweep_driver::test_points(const std::vector<std::uint64_t>& points) {
  if (!m_always_replay) {
    snapshot_pass(points);
    show_progress();
  }
  for (const std::uint64_t n : points) {
    if (out_of_time()) {
      break;
    }
    if (m_always_replay || !has_facts(m_board.points[n]) ||
        m_board.points[n].why_no_snapshot.load(std::memory_order_relaxed) != unsafe::no) {
      replay(n);
      show_progress();
    }
  }
}

void sweep_driver::show_progress() {
  if (m_options.progress) {
    m_options.progress({std::min(m_board.done.load(std::memory_order_relaxed), m_wanted), m_wanted,
                        m_board.suspicious.load(std::memory_order_relaxed)});
  }
}

// effects: repeats what was found
void sweep_driver::confirm() {
  std::vector<std::uint64_t> points;
  std::map<std::uint32_t, unsigned> primed; // by stack
  for (std::uint64_t n = 1; n <= last_point(); ++n) {
    const verdict what = verdict_of(n);
    if (!is_finding(what)) {
      continue;
    }
    m_found.emplace_back(n, what);
    points.push_back(n);
    constexpr std::size_t most_primed = 16;
    if (what == verdict::leak && m_options.prime_with_error && !m_result.nondeterministic && primed.size() < most_primed &&
        primed[m_board.points[n].stack]++ == 0) {
      order_replay(n);
      m_subject.prime();
      order_no_replay();
    }
  }
  // Also when time is up: what was found is worth it. Not after an interruption.
  m_stop_at = INT64_MAX;
  m_board.order.stop_at = INT64_MAX;
  if (is_cancelled()) {
    return;
  }
  m_repeated = true;
  for (const std::uint64_t n : points) {
    copy_facts(child_facts{}, m_board.points[n].failed);
    m_board.points[n].why_no_snapshot.store(unsafe::no, std::memory_order_relaxed);
  }
  test_points(points);
}

// returns: what an earlier sweep found, by identity of the stack and occurrence
sweep_driver::known_points sweep_driver::read_earlier() {
  known_points known;
  std::ifstream in(m_options.resume);
  if (!m_options.resume.empty() && in) {
    for (sweep_point& p : read_sweep(in, m_options.resume).points) {
      if (p.what != verdict::untested &&
          !is_finding(p.what)) { // a finding is looked at again: its facts are not in the file
        known.emplace(std::pair(p.stack_id, p.occurrence), std::move(p));
      }
    }
  }
  return known;
}

sweep_result sweep_driver::run() {
  suppressions expected;
  known_points known;
  try {
    if (!m_options.suppressions.empty()) {
      expected = suppressions::from_file(m_options.suppressions);
    }
    require_writable(m_options.resume);
    known = read_earlier();
  } catch (const std::runtime_error& e) {
    m_result.error = e.what();
    return std::move(m_result);
  }
  m_result.error = m_subject.prepare();
  if (m_result.error.empty()) {
    learn();
  }
  if (!m_result.error.empty()) {
    return std::move(m_result);
  }

  stack_names& names = m_subject.names();
  // Names take memory, and libraries that read them: a snapshot is cheaper without.
  std::optional<point_occurrences> counted;
  const auto occurrences = [&]() -> const point_occurrences& {
    return counted ? *counted : counted.emplace(m_board, names, m_result.allocations);
  };
  const auto earlier = [&](std::uint64_t n) {
    return known.empty() ? known.end() : known.find({names.id_of(m_board.points[n].stack), occurrences().of(n)});
  };
  const sweep_plan plan = plan_sweep(m_board, m_result.allocations, m_options, [&](std::uint64_t n, const point& p) {
    const bool chosen = m_options.only_stack.empty() ||
                        (names.id_of(p.stack) == m_options.only_stack &&
                         (m_options.only_occurrence == 0 || m_options.only_occurrence == occurrences().of(n)));
    return chosen && earlier(n) == known.end() && (!m_is_wanted || m_is_wanted(p.stack));
  });
  m_wanted = plan.first.size() + plan.rest.size();
  show_progress();
  test_points(plan);
  const auto tested = static_cast<std::uint64_t>(
      std::count_if(plan.first.begin(), plan.first.end(),
                    [this](std::uint64_t n) { return has_facts(m_board.points[n]); }) +
      std::count_if(plan.rest.begin(), plan.rest.end(), [this](std::uint64_t n) { return has_facts(m_board.points[n]); }));
  confirm();

  const findings_input input{m_board, m_how, m_options, m_subject, occurrences(), expected, m_found, m_repeated};
  fill_points(input, m_result);
  for (sweep_point& p : m_result.points) {
    const auto before = earlier(p.n);
    if (before != known.end()) {
      p.what = before->second.what;
      p.replayed = before->second.replayed;
      p.allocated_again = before->second.allocated_again;
    }
  }
  fill_findings(input, m_result);
  count_verdicts(m_result);
  conclude(plan, tested);
  return std::move(m_result);
}

void sweep_driver::conclude(const sweep_plan& plan, std::uint64_t tested) {
  if (is_cancelled()) {
    m_result.stopped = "interrupted: " + std::to_string(m_wanted - tested) + " points are left";
  } else if (m_result.stopped.empty() && tested != m_wanted) {
    m_result.stopped = "after " + std::to_string(m_options.stop_after.count()) +
                       " ms, as asked: " + std::to_string(m_wanted - tested) + " points are left";
  } else if (m_result.stopped.empty() && plan.cut) {
    m_result.stopped = "after " + std::to_string(m_options.limit) + " points, as asked";
  }
  m_result.complete = m_result.stopped.empty();
  m_result.never_fired = m_never_fired;
  m_result.seconds = static_cast<double>(now() - m_began) / 1000;
  try {
    write_output(m_options.resume, write_sweep(m_result));
  } catch (const std::runtime_error& e) { // the file is as it was, and what was found is told all the same
    blocks::line().text("the state of the sweep is not kept: ").text(e.what()).write();
  }
}

} // namespace mallocspy::testing_detail
