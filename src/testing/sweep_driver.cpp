// SPDX-License-Identifier: MIT
#include "testing/sweep_driver.hpp"

#include "blocks/hints.hpp"
#include "testing/redirected_output.hpp"
#include "testing/stack_names.hpp"
#include "testing/sweep_findings.hpp"
#include "testing/sweep_json.hpp"
#include "testing/sweep_plan.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace mallocspy::testing_detail {

namespace {

using flag = child_facts::flag;

int file_in_memory(const snapshot_safety& safety, const char* name) {
  return safety.hide(static_cast<int>(::syscall(SYS_memfd_create, name, 0U)));
}

std::vector<std::uint32_t> stacks_on(const board& b, std::uint64_t allocations) {
  std::vector<std::uint32_t> stacks;
  for (std::uint64_t n = 1; n <= allocations && n < board::most_points; ++n) {
    stacks.push_back(b.points[n].stack);
  }
  return stacks;
}

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

// The frame between the test and the function under test.
MALLOCSPY_OUT_OF_LINE sweep_outcome invoke(const std::function<sweep_outcome()>& body, sweep_run& run) {
  run.end_stacks_at(__builtin_return_address(0));
  const sweep_outcome outcome = body();
  MALLOCSPY_KEEP_FRAME();
  return outcome;
}

// effects: overwrites what the function has left on the stack, below its caller's frame: pointers there hold nothing
MALLOCSPY_OUT_OF_LINE void clear_stack_below() {
  volatile char room[65536];
  for (std::size_t i = 0; i < sizeof room; ++i) {
    room[i] = 0;
  }
}

} // namespace

sweep_driver::sweep_driver(const std::function<sweep_outcome()>& body, const sweep_options& options, test_spies& spies,
                           board& b)
    : m_body(body), m_options(options), m_spies(spies), m_board(b), m_how{options.abort_is_crash, true},
      m_process(::getpid()), m_began(now()), m_stop_at(INT64_MAX), m_always_replay(options.always_replay) {
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
  order.fence = true;
  order.stop_at = m_stop_at;
  m_result.target = options.name;
  m_result.mode = options.mode;
  m_result.shard = std::to_string(options.shard) + "/" + std::to_string(std::max(options.shards, 1U));
}

sweep_driver::~sweep_driver() {
  for (const int descriptor : {m_output.out, m_output.err, m_baseline.out, m_baseline.err}) {
    if (descriptor >= 0) {
      ::close(descriptor);
    }
  }
}

bool sweep_driver::open_outputs() {
  snapshot_safety safety;
  safety.begin({});
  m_output = {file_in_memory(safety, "mallocspy stdout"), file_in_memory(safety, "mallocspy stderr")};
  m_baseline = {file_in_memory(safety, "mallocspy baseline"), file_in_memory(safety, "mallocspy baseline")};
  return m_output.out >= 0 && m_output.err >= 0 && m_baseline.out >= 0 && m_baseline.err >= 0;
}

bool sweep_driver::out_of_time() const noexcept {
  return now() >= m_stop_at;
}

verdict sweep_driver::verdict_of(std::uint64_t n) const noexcept {
  return judge(m_board.points[n].failed, m_board.unfailed_before, m_how);
}

std::uint32_t sweep_driver::call_body() {
  std::uint32_t flags = flag::finished;
  sweep_outcome outcome = sweep_outcome::correct;
  try {
    outcome = invoke(m_body, m_spies.points.run);
  } catch (...) {
    flags |= flag::threw;
  }
  m_spies.points.run.disarm();
  clear_stack_below();
  if ((flags & flag::threw) == 0 && outcome == sweep_outcome::correct) {
    if (m_options.reported_error && m_options.reported_error()) {
      outcome = sweep_outcome::reported_error;
    } else if (m_options.is_correct && !m_options.is_correct()) {
      outcome = sweep_outcome::wrong;
    }
  }
  flags |= outcome == sweep_outcome::reported_error ? flag::reported_error : 0U;
  flags |= outcome == sweep_outcome::wrong ? flag::wrong_result : 0U;
  if (::getpid() != m_process) {
    end_child(flags);
  }
  return flags;
}

void sweep_driver::end_child(std::uint32_t flags) {
  redirected_output::flush();
  m_spies.points.run.note_end(flags);
  end_process(0);
}

// returns: whether the run reported success
bool sweep_driver::run_once(bool compares) {
  const redirected_output redirected(m_output);
  sweep_run& run = m_spies.points.run;
  run.begin(m_board, m_spies.leaks, m_spies.damage, m_how, m_output, compares ? m_baseline : output_files{});
  const std::uint32_t flags = call_body();
  run.note_end(flags);
  run.end();
  return (flags & (flag::threw | flag::reported_error | flag::wrong_result)) == 0;
}

// effects: finds out what the function does without a failure. returns: false if it cannot be swept
bool sweep_driver::learn() {
  if (!run_once(false)) { // also sets up what is made once
    const std::uint32_t flags = m_board.unfailed.flags.load(std::memory_order_relaxed);
    m_result.error = std::string("the function fails without a failure: it ") + ((flags & flag::threw) != 0 ? "throws"
                                                                                 : (flags & flag::reported_error) != 0
                                                                                     ? "reports an error"
                                                                                     : "has a wrong result");
    return false;
  }
  run_once(false);
  const std::uint64_t allocations = m_board.counted.load(std::memory_order_relaxed);
  const std::vector<std::uint32_t> stacks = stacks_on(m_board, allocations);
  std::swap(m_output, m_baseline);

  const std::int64_t began = now();
  {
    const redirected_output redirected(m_output);
    sweep_run& run = m_spies.points.run;
    run.begin(m_board, m_spies.leaks, m_spies.damage, m_how, m_output, {});
    const std::uint32_t flags = call_body();
    run.note_end(flags);
    run.note_survivors();
    run.end();
  }
  const std::int64_t took = now() - began;
  m_board.order.timeout =
      static_cast<std::uint32_t>(m_options.timeout.count() != 0 ? m_options.timeout.count() : 10 * took + 1000);
  copy_facts(m_board.unfailed, m_board.unfailed_before);
  m_result.allocations = m_board.counted.load(std::memory_order_relaxed);

  const auto drifts = [this](const std::string& how) {
    m_result.nondeterministic = true;
    m_result.drift += (m_result.drift.empty() ? "" : "; ") + how;
  };
  if (allocations != m_result.allocations) {
    drifts("one unfailed run makes " + std::to_string(allocations) + " allocations, another one " +
           std::to_string(m_result.allocations));
  } else if (stacks != stacks_on(m_board, allocations)) {
    drifts("unfailed runs allocate from other places, or in another order");
  }
  if (!equal_contents(m_baseline.out, 0, m_output.out, 0)) {
    drifts("unfailed runs have other output");
  }
  if (m_board.unfailed.damages != 0) {
    m_result.error = "the function damages the heap without a failure: " + words_for_damage(m_board.unfailed.damage);
    return false;
  }
  if (m_result.allocations >= board::most_points) {
    m_result.stopped = "only the first " + std::to_string(board::most_points - 1) + " allocations can be swept";
  }
  return true;
}

void sweep_driver::snapshot_pass(const std::vector<std::uint64_t>& points) {
  if (points.empty() || out_of_time()) {
    return;
  }
  const std::size_t controls = 3;
  for (const std::uint64_t n : points) {
    m_board.points[n].wants_failure.store(true, std::memory_order_relaxed);
  }
  // The first, the last, and one in between: nothing fails there, and so nothing may differ. They are other points than
  // those that are wanted, where there are some.
  const std::uint64_t last = std::min<std::uint64_t>(m_result.allocations, board::most_points - 1);
  std::vector<std::uint64_t> controlled;
  for (std::size_t i = 0; i < controls && last != 0; ++i) {
    const std::uint64_t n = 1 + (last - 1) * i / (controls - 1);
    controlled.push_back(n);
    m_board.points[n].wants_control.store(true, std::memory_order_relaxed);
  }
  run_once(true);
  for (const std::uint64_t n : points) {
    m_board.points[n].wants_failure.store(false, std::memory_order_relaxed);
  }
  for (const std::uint64_t n : controlled) {
    m_board.points[n].wants_control.store(false, std::memory_order_relaxed);
  }
  if (m_board.differing.load(std::memory_order_relaxed) != 0 && !m_always_replay) {
    m_result.nondeterministic = true;
    m_result.drift += (m_result.drift.empty() ? "" : "; ") + std::string("a snapshot at allocation ") +
                      std::to_string(m_board.differing.load(std::memory_order_relaxed)) + " in which nothing failed had " +
                      words_for(m_board.differing_flags.load(std::memory_order_relaxed));
    m_always_replay = true;
  }
}

// effects: runs the function from its beginning in a child, in which the point fails
void sweep_driver::replay(std::uint64_t n) {
  point& p = m_board.points[n];
  orders& order = m_board.order;
  order.replay = n;
  // Counts drift a little between runs; a call stack and its occurrence drift less.
  order.replay_key = m_result.nondeterministic && p.stack != 0 ? m_board.stack[p.stack].key.load() : 0;
  order.replay_occurrence = p.occurrence;

  sweep_run& run = m_spies.points.run;
  {
    const redirected_output redirected(m_output);
    child_process child;
    child.began = now();
    child.id = ::fork(); // with its handlers: other threads may be there
    if (child.id == 0) {
      run.begin_replay(m_board, m_spies.leaks, m_spies.damage, m_how);
      run.watch_this_process();
      end_child(call_body());
    }
    if (child.id < 0) {
      p.why_no_snapshot.store(unsafe::no_copy, std::memory_order_relaxed);
      return;
    }
    const child_end end = wait_for_one(&child, 1, order.timeout);
    child_facts& facts = m_board.replayed;
    facts.status = end.status;
    facts.milliseconds = static_cast<std::uint32_t>(now() - child.began);
    std::uint32_t flags = flag::ended | flag::replayed | (end.timed_out ? flag::timed_out : 0U);
    flags |= equal_contents(m_baseline.out, 0, m_output.out, 0) ? 0U : flag::other_output;
    flags |= equal_contents(m_baseline.err, 0, m_output.err, 0) ? 0U : flag::other_error_text;
    facts.flags.fetch_or(flags, std::memory_order_relaxed);
    copy_facts(facts, p.failed);
  }
  order.replay = 0;
  order.replay_key = 0;
  ++m_replays;
  if ((p.failed.flags.load(std::memory_order_relaxed) & flag::fired) == 0) {
    ++m_never_fired;
  }
}

void sweep_driver::test_points(const std::vector<std::uint64_t>& points, bool all_of_them) {
  if (!m_always_replay) {
    snapshot_pass(points);
  }
  for (const std::uint64_t n : points) {
    const point& p = m_board.points[n];
    const bool has_facts = (p.failed.flags.load(std::memory_order_relaxed) & flag::ended) != 0;
    const bool needs_replay =
        m_always_replay || p.why_no_snapshot.load(std::memory_order_relaxed) != unsafe::no || !has_facts;
    if (needs_replay && (all_of_them || !out_of_time())) {
      replay(n);
      show_progress(points.size());
    }
  }
}

void sweep_driver::show_progress(std::uint64_t wanted) {
  if (m_options.progress) {
    m_options.progress({m_board.done.load(std::memory_order_relaxed) + m_replays, wanted,
                        m_board.suspicious.load(std::memory_order_relaxed)});
  }
}

// effects: lets one allocation fail in this process: what the function sets up on its way out of an error is then no leak.
// Only at points whose child came to its end unharmed
void sweep_driver::prime_with_error(std::uint64_t n) {
  const redirected_output redirected(m_output);
  m_board.order.replay = n;
  sweep_run& run = m_spies.points.run;
  run.begin_replay(m_board, m_spies.leaks, m_spies.damage, m_how);
  call_body();
  run.end();
  m_board.order.replay = 0;
}

// effects: repeats what was found
void sweep_driver::confirm() {
  std::vector<earlier> found;
  std::vector<std::uint64_t> points;
  std::map<std::uint32_t, int> primed;
  for (std::uint64_t n = 1; n <= m_result.allocations && n < board::most_points; ++n) {
    const verdict what = verdict_of(n);
    if (is_finding(what)) {
      found.push_back({n, what});
      points.push_back(n);
      if (what == verdict::leak && m_options.prime_with_error && primed.size() < 16 &&
          primed[m_board.points[n].stack]++ == 0) {
        prime_with_error(n);
      }
    }
  }
  for (const std::uint64_t n : points) {
    child_facts nothing{};
    copy_facts(nothing, m_board.points[n].failed);
  }
  test_points(points, true);
  m_confirmed = std::move(found);
}

void sweep_driver::resume_from_file(std::vector<sweep_point>& known) {
  if (m_options.resume.empty()) {
    return;
  }
  std::ifstream in(m_options.resume);
  if (in) {
    known = read_sweep(in, m_options.resume).points;
  }
}

sweep_result sweep_driver::run() {
  if (!open_outputs()) {
    m_result.error = "no file in memory can be made for the output";
    return std::move(m_result);
  }
  stack_names names(m_board);
  std::vector<sweep_point> resumed;
  suppressions expected;
  try {
    if (!m_options.suppressions.empty()) {
      expected = suppressions::from_file(m_options.suppressions);
    }
    resume_from_file(resumed);
  } catch (const std::runtime_error& e) {
    m_result.error = e.what();
    return std::move(m_result);
  }
  if (!learn()) {
    return std::move(m_result);
  }
  if (m_result.nondeterministic) {
    m_always_replay = true;
  }

  const point_occurrences occurrences(m_board, names, m_result.allocations);
  std::map<std::pair<std::string, std::uint64_t>, const sweep_point*> known;
  for (const sweep_point& p : resumed) {
    if (p.what != verdict::untested) {
      known[{p.stack_id, p.occurrence}] = &p;
    }
  }
  const auto known_point = [&](std::uint64_t n) {
    const auto at = known.find({names.id_of(m_board.points[n].stack), occurrences.of(n)});
    return at == known.end() ? nullptr : at->second;
  };
  const sweep_plan plan = plan_sweep(m_board, m_result.allocations, m_options, [&](std::uint64_t n, const point& p) {
    const bool chosen =
        m_options.only_stack.empty() || (names.id_of(p.stack) == m_options.only_stack &&
                                         (m_options.only_occurrence == 0 || m_options.only_occurrence == p.occurrence));
    return chosen && (known.empty() || known_point(n) == nullptr);
  });
  test_points(plan.first, false);
  test_points(plan.rest, false);
  confirm();

  std::vector<std::pair<std::uint64_t, verdict>> first_verdicts;
  for (const earlier& e : m_confirmed) {
    first_verdicts.emplace_back(e.n, e.what);
  }
  const findings_input input{m_board, m_how, m_options, names, occurrences, expected, first_verdicts};
  fill_points(input, m_result);
  for (sweep_point& p : m_result.points) {
    if (const sweep_point* before = known.empty() ? nullptr : known_point(p.n)) {
      p = *before;
    }
  }
  fill_findings(input, m_result);
  count_verdicts(m_result);
  const auto wanted = plan.first.size() + plan.rest.size();
  std::uint64_t tested = 0;
  for (const auto* part : {&plan.first, &plan.rest}) {
    tested += static_cast<std::uint64_t>(std::count_if(part->begin(), part->end(), [this](std::uint64_t n) {
      return (m_board.points[n].failed.flags.load(std::memory_order_relaxed) & flag::ended) != 0;
    }));
  }
  if (m_result.stopped.empty() && plan.cut) {
    m_result.stopped = "after " + std::to_string(m_options.limit) + " points, as asked";
  } else if (m_result.stopped.empty() && tested != wanted) {
    m_result.stopped = "after " + std::to_string(m_options.stop_after.count()) +
                       " ms, as asked: " + std::to_string(wanted - tested) + " points are left";
  }
  m_result.complete = m_result.stopped.empty();
  m_result.never_fired = m_never_fired;
  m_result.seconds = static_cast<double>(now() - m_began) / 1000;
  if (!m_options.resume.empty()) {
    std::ofstream(m_options.resume) << write_sweep(m_result);
  }
  return std::move(m_result);
}

} // namespace mallocspy::testing_detail
