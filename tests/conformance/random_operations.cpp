// SPDX-License-Identifier: MIT
// A million random operations against a model.
#include "conformance/random_walk.hpp"
#include "conformance/scenario.hpp"

using namespace conformance;

TEST_CASE("random operations under a header spy agree with a model") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  constexpr std::uint32_t seed = 20260119;
  constexpr long operations = 1000000;
  constexpr long operations_for_each_spy = 50000;
  const bool counts = s.can(ability::counts_blocks);
  const std::size_t before = counts ? s.live_blocks() : 0;

  random_walk walk(s, seed);
  std::size_t most = 0;
  std::string wrong;
  long n = 0;
  for (; n < operations && wrong.empty(); ++n) {
    if (n % operations_for_each_spy == 0) {
      wrong = n == 0 ? "" : walk.drain();
      wrong = wrong.empty() ? walk.begin() : wrong;
    }
    wrong = wrong.empty() ? walk.step() : wrong;
    most = std::max(most, walk.spied_blocks());
  }
  wrong = wrong.empty() ? walk.drain() : wrong;
  INFO("seed " << seed << ", operation " << n << ": " << wrong);
  CHECK(wrong.empty());
  CHECK(most > 1000); // the walk got somewhere
  if (counts) {
    CHECK(s.live_blocks() == before);
  }
}
