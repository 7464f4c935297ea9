// SPDX-License-Identifier: MIT
// Sweeps a function: runs it, plans the points, replays those that no snapshot can show, repeats what was found.
#pragma once

#include "testing/board.hpp"
#include "testing/test_spies.hpp"

#include <functional>
#include <mallocspy/testing/sweep_options.hpp>
#include <mallocspy/testing/sweep_result.hpp>
#include <memory>
#include <vector>

namespace mallocspy::testing_detail {

struct board_deleter {
  void operator()(board* b) const noexcept {
    discard_board(b);
  }
};

class sweep_driver {
public:
  sweep_driver(const std::function<sweep_outcome()>& body, const sweep_options& options, test_spies& spies, board& b);
  ~sweep_driver();
  sweep_driver(const sweep_driver&) = delete;
  sweep_driver& operator=(const sweep_driver&) = delete;

  sweep_result run();

private:
  enum class baseline_use : bool { none, compare };

  bool open_outputs();
  bool run_unfailed(baseline_use use);
  void prime_with_error();
  bool learn();
  void note_plan();
  void snapshot_pass();
  void replay_point(std::uint64_t n);
  void replay_rest();
  void confirm();
  bool out_of_time() const noexcept;

  const std::function<sweep_outcome()>& m_body;
  const sweep_options& m_options;
  test_spies& m_spies;
  board& m_board;
  judging m_how;
  output_files m_output;   // of the run that is under way
  output_files m_baseline; // of the unfailed run
  std::int64_t m_began;
  sweep_result m_result;
  std::vector<std::uint64_t> m_wanted;    // points, in the order in which they are to be looked at
  std::vector<std::uint64_t> m_confirmed; // points whose verdict came again
};

} // namespace mallocspy::testing_detail
