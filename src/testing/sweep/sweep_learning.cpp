// SPDX-License-Identifier: MIT
// What a sweep learns from runs in which nothing fails, and how it notices that a later one is another.
#include "testing/sweep/sweep_driver.hpp"

#include "testing/process/child_process.hpp"
#include "testing/sweep/sweep_findings.hpp"

namespace mallocspy::testing_detail {

namespace {

std::vector<std::uint32_t> stacks_on(const board& b, std::uint64_t allocations) {
  std::vector<std::uint32_t> stacks;
  for (std::uint64_t n = 1; n <= allocations && n < board::most_points; ++n) {
    stacks.push_back(b.points[n].stack);
  }
  return stacks;
}

} // namespace

sweep_driver::known_run sweep_driver::last_run() const {
  const std::uint64_t allocations = m_board.counted.load(std::memory_order_relaxed);
  return {allocations, stacks_on(m_board, allocations), m_board.unfailed.status};
}

// returns: what was other in the last run, in words
std::vector<std::string> sweep_driver::differences_from(const known_run& before) {
  const known_run run = last_run();
  std::vector<std::string> differences;
  if (before.allocations != run.allocations) {
    differences.push_back("one unfailed run makes " + std::to_string(before.allocations) + " allocations, another one " +
                          std::to_string(run.allocations));
  } else if (before.stacks != run.stacks) {
    differences.emplace_back("unfailed runs allocate from other places, or in another order");
  }
  if (!m_subject.output_agrees()) {
    differences.emplace_back("unfailed runs have other output");
  }
  if (before.status != run.status) {
    differences.emplace_back("unfailed runs end with other exit statuses");
  }
  return differences;
}

// effects: finds out what happens without a failure: two runs that are alike. One more if they are not, since the first one
//   may have set up what stays
void sweep_driver::learn() {
  m_result.error = m_subject.run(unfailed_run::first);
  std::vector<std::string> differences;
  constexpr unsigned most = 2;
  for (unsigned i = 0; i < most && m_result.error.empty() && (i == 0 || !differences.empty()); ++i) {
    m_subject.keep_output();
    const known_run before = last_run();
    const std::int64_t began = now();
    m_result.error = m_subject.run(unfailed_run::second);
    m_unfailed_took = now() - began;
    differences = differences_from(before);
  }
  if (!m_result.error.empty()) {
    return;
  }
  for (const std::string& difference : differences) {
    note_drift(difference);
  }
  m_board.order.timeout =
      static_cast<std::uint32_t>(m_options.timeout.count() != 0 ? m_options.timeout.count() : 10 * m_unfailed_took + 1000);
  copy_facts(m_board.unfailed, m_board.unfailed_before);
  m_unfailed = last_run();
  m_result.allocations = m_board.counted.load(std::memory_order_relaxed);
  m_board.known_allocations.store(m_result.allocations, std::memory_order_relaxed);
  if (m_board.unfailed.damages != 0) {
    m_result.error = "the heap is damaged without a failure: " + words_for_damage(m_board.unfailed.damage);
  }
  if (m_result.allocations >= board::most_points) {
    m_result.stopped = "only the first " + std::to_string(board::most_points - 1) + " allocations can be swept";
  }
}

bool sweep_driver::is_as_learned(const known_run& run) const {
  return run.allocations == m_unfailed.allocations && run.stacks == m_unfailed.stacks;
}

// effects: what the board says of points is what the unfailed runs had; each run writes it anew
void sweep_driver::name_points_as_learned() {
  std::map<std::uint32_t, std::uint32_t> met; // by stack
  for (std::size_t i = 0; i < m_unfailed.stacks.size(); ++i) {
    point& p = m_board.points[i + 1];
    p.stack = m_unfailed.stacks[i];
    p.occurrence = p.stack == 0 ? 0 : ++met[p.stack];
  }
}

} // namespace mallocspy::testing_detail
