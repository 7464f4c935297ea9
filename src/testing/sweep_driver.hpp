// SPDX-License-Identifier: MIT
// Sweeps a function: runs it, plans the points, replays those that no snapshot can show, repeats what was found.
#pragma once

#include "testing/board.hpp"
#include "testing/test_spies.hpp"

#include <functional>
#include <mallocspy/testing/sweep_options.hpp>
#include <mallocspy/testing/sweep_result.hpp>
#include <vector>

namespace mallocspy::testing_detail {

class sweep_driver {
public:
  sweep_driver(const std::function<sweep_outcome()>& body, const sweep_options& options, test_spies& spies, board& b);
  ~sweep_driver();
  sweep_driver(const sweep_driver&) = delete;
  sweep_driver& operator=(const sweep_driver&) = delete;

  // effects: the whole sweep. May be called once
  sweep_result run();

private:
  struct earlier {
    std::uint64_t n;
    verdict what;
  };

  bool open_outputs();
  bool learn();
  bool run_once(bool compares);
  std::uint32_t call_body();
  [[noreturn]] void end_child(std::uint32_t flags);
  void snapshot_pass(const std::vector<std::uint64_t>& points);
  void replay(std::uint64_t n);
  void test_points(const std::vector<std::uint64_t>& points, bool all_of_them);
  void resume_from_file(std::vector<sweep_point>& known);
  void prime_with_error(std::uint64_t n);
  void confirm();
  void show_progress(std::uint64_t wanted);
  bool out_of_time() const noexcept;
  verdict verdict_of(std::uint64_t n) const noexcept;

  const std::function<sweep_outcome()>& m_body;
  const sweep_options& m_options;
  test_spies& m_spies;
  board& m_board;
  judging m_how;
  output_files m_output;   // of the run that is under way
  output_files m_baseline; // of the unfailed run
  int m_process;
  std::int64_t m_began;
  std::int64_t m_stop_at;
  bool m_always_replay;
  std::uint64_t m_replays = 0;
  std::uint64_t m_never_fired = 0;
  std::vector<earlier> m_confirmed;
  sweep_result m_result;
};

} // namespace mallocspy::testing_detail
