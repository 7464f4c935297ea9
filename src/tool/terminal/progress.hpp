// SPDX-License-Identifier: MIT
// How far a sweep is, and what it has found so far: a bar on a terminal, a line for each tenth elsewhere.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mallocspy/testing/sweep_result.hpp>
#include <string>

namespace mallocspy::tool {

struct progress_state {
  std::uint64_t done = 0;                              // points
  std::uint64_t wanted = 0;                            // points; 0: not known yet
  std::array<std::uint64_t, verdict_count> verdicts{}; // points so far
};

// returns: "[#####.....]  634/1268  50 %  2 crash, 1 leak  0:41 left", in fewer than `columns` columns: what does not fit
//   is left out from its end
std::string progress_bar(const progress_state& state, std::chrono::milliseconds elapsed, std::size_t columns, bool colours);

// returns: "634 of 1268 points, 50 %; 2 crash, 1 leak"
std::string progress_line(const progress_state& state);

// threads: one at a time
class progress {
public:
  // descriptor: where to write; a failure to write is no error
  // bar: whether it is a terminal
  progress(int descriptor, bool bar, bool colours) noexcept;
  ~progress(); // clears
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  // effects: shows the state. A bar is drawn at most ten times a second, a line when another tenth is done
  void update(const progress_state& state);

  // effects: takes the bar away, so that something else can be written. update() draws it again
  void clear() noexcept;

private:
  using clock = std::chrono::steady_clock;

  int m_descriptor;
  bool m_bar;
  bool m_colours;
  bool m_shown = false;
  unsigned m_tenths = 0;
  clock::time_point m_began = clock::now();
  clock::time_point m_next{}; // no earlier than this
};

} // namespace mallocspy::tool
