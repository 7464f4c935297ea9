// SPDX-License-Identifier: MIT
// From what is on the board to what a sweep_result tells.
#pragma once

#include "testing/board/damage_codes.hpp"
#include "testing/report/suppressions.hpp"
#include "testing/run/judge.hpp"
#include "testing/sweep/sweep_subject.hpp"

#include <string>
#include <utility>
#include <vector>

namespace mallocspy::testing_detail {

// returns: "a block was freed twice" ...
std::string words_for_damage(std::uint32_t code);

void copy_facts(const child_facts& from, child_facts& to) noexcept;

// The how manieth allocation with its identity of stack each one is. The board counts by return addresses, which tells more
// stacks apart: two calls in one function, say.
class point_occurrences {
public:
  point_occurrences(const board& b, stack_names& names, std::uint64_t allocations);
  std::uint64_t of(std::uint64_t n) const {
    return m_of[n];
  }

private:
  std::vector<std::uint64_t> m_of;
};

struct findings_input {
  board& b;
  const judging& how;
  const sweep_options& options;
  sweep_subject& subject;
  const point_occurrences& occurrences;
  const suppressions& expected;
  // Findings of the first time, by number; what is on the board is what came when they were repeated.
  const std::vector<std::pair<std::uint64_t, verdict>>& first_time;
  bool repeated; // else the sweep was interrupted before, and nothing is confirmed
};

// effects: points, and how many were failed by which means
void fill_points(const findings_input& input, sweep_result& result);

// effects: findings, unconfirmed and suppressed ones: one for each call stack and verdict, worst first
void fill_findings(const findings_input& input, sweep_result& result);

} // namespace mallocspy::testing_detail
