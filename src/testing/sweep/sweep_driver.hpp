// SPDX-License-Identifier: MIT
// Makes a sweep: learns what happens without a failure, plans the points, tests them, replays those that no snapshot can
// show, repeats what was found.
#pragma once

#include "testing/board/board.hpp"
#include "testing/run/judge.hpp"
#include "testing/sweep/sweep_plan.hpp"
#include "testing/sweep/sweep_subject.hpp"

#include <functional>
#include <mallocspy/testing/sweep_options.hpp>
#include <mallocspy/testing/sweep_result.hpp>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mallocspy::testing_detail {

// Whether points with a stack on the board are wanted.
using wanted_stack = std::function<bool(std::uint32_t stack)>;

class sweep_driver {
public:
  sweep_driver(sweep_subject& subject, const sweep_options& options, board& b, wanted_stack is_wanted = {});

  // effects: the whole sweep. May be called once
  sweep_result run();

private:
  using known_points = std::map<std::pair<std::string, std::uint64_t>, sweep_point>;

  // What is compared of unfailed runs.
  struct known_run {
    std::uint64_t allocations;
    std::vector<std::uint32_t> stacks; // in order of allocations
    std::int32_t status;
  };

  void learn();
  known_run last_run() const;
  std::vector<std::string> differences_from(const known_run& before);
  bool is_as_learned(const known_run& run) const;
  void name_points_as_learned();
  void note_drift(const std::string& how);
  void snapshot_pass(const std::vector<std::uint64_t>& points);
  void order_replay(std::uint64_t n) noexcept;
  void order_no_replay() noexcept;
  void replay(std::uint64_t n);
  void test_points(const sweep_plan& plan);
  void test_points(const std::vector<std::uint64_t>& points);
  void confirm();
  void conclude(const sweep_plan& plan, std::uint64_t tested);
  void show_progress();
  known_points read_earlier();
  bool out_of_time() const noexcept;
  bool is_cancelled() const noexcept;
  verdict verdict_of(std::uint64_t n) const noexcept;
  std::uint64_t last_point() const noexcept;

  sweep_subject& m_subject;
  const sweep_options& m_options;
  const wanted_stack m_is_wanted;
  board& m_board;
  const judging m_how;
  std::int64_t m_began;
  std::int64_t m_stop_at;
  bool m_always_replay;
  known_run m_unfailed{};
  std::int64_t m_unfailed_took = 0; // milliseconds
  std::uint64_t m_wanted = 0;
  std::uint64_t m_never_fired = 0;
  std::vector<std::pair<std::uint64_t, verdict>> m_found; // before it was repeated
  bool m_repeated = false;                                // it was
  sweep_result m_result;
};

} // namespace mallocspy::testing_detail
