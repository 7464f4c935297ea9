// SPDX-License-Identifier: MIT
// Which points are looked at, and in which order: unseen call stacks first.
#pragma once

#include "testing/board/board.hpp"

#include <functional>
#include <vector>

namespace mallocspy::testing_detail {

struct sweep_plan {
  std::vector<std::uint64_t> first; // one point of each call stack: told apart by 4 frames, and then by all of them
  std::vector<std::uint64_t> rest;
  bool cut = false; // a limit left some out
};

// allocations: of the unfailed run, on the board. is_wanted: asked for each point that the options do not leave out
sweep_plan plan_sweep(const board& b, std::uint64_t allocations, const sweep_options& options,
                      const std::function<bool(std::uint64_t n, const point& p)>& is_wanted);

} // namespace mallocspy::testing_detail
