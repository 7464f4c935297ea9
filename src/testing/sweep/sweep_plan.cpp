// SPDX-License-Identifier: MIT
#include "testing/sweep/sweep_plan.hpp"

#include "testing/run/board_stacks.hpp"

#include <unordered_set>

namespace mallocspy::testing_detail {

namespace {

constexpr std::size_t few_frames = 4;

} // namespace

sweep_plan plan_sweep(const board& b, std::uint64_t allocations, const sweep_options& options,
                      const std::function<bool(std::uint64_t n, const point& p)>& is_wanted) {
  std::vector<std::uint64_t> candidates;
  const unsigned shards = options.shards == 0 ? 1 : options.shards;
  for (std::uint64_t n = 1; n <= allocations && n < board::most_points; ++n) {
    if ((n - 1) % shards + 1 == options.shard && (options.only == 0 || options.only == n) && is_wanted(n, b.points[n])) {
      candidates.push_back(n);
    }
  }

  sweep_plan plan;
  std::vector<std::uint64_t> second;
  std::vector<std::uint64_t> third;
  std::unordered_set<std::uint64_t> seen_few;
  std::unordered_set<std::uint32_t> seen_all;
  for (const std::uint64_t n : candidates) {
    const std::uint32_t stack = b.points[n].stack;
    const bool is_new = seen_all.insert(stack).second;
    if (stack != 0 && seen_few.insert(key_of(b.stack[stack], few_frames)).second) {
      plan.first.push_back(n);
    } else if (is_new) {
      second.push_back(n);
    } else {
      third.push_back(n);
    }
  }
  plan.first.insert(plan.first.end(), second.begin(), second.end());
  if (!options.unique) {
    plan.rest = std::move(third);
  }
  if (options.limit != 0 && plan.first.size() + plan.rest.size() > options.limit) {
    plan.cut = true;
    if (plan.first.size() > options.limit) {
      plan.first.resize(options.limit);
    }
    plan.rest.resize(options.limit - plan.first.size());
  }
  return plan;
}

} // namespace mallocspy::testing_detail
