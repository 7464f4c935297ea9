// SPDX-License-Identifier: MIT
// Wine's defect 12: finding a block among the spied ones must not take the longer the more there are.
#include "conformance/scenario.hpp"
#include "support/header_spy.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

using namespace conformance;

namespace {

class plain_header_spy final : public support::header_spy {
public:
  using header_spy::header_spy;
};

using seconds = std::chrono::duration<double>;

// returns: the time for questions about the oldest and the latest blocks, the best of a few tries. Neighbours, so that what
// the processor has in its caches matters little; and both ends, since a search begins at one of them
seconds time_to_ask(subject& s, const std::vector<void*>& blocks) {
  constexpr std::size_t questions = 1000;
  seconds best(1e9);
  for (int attempt = 0; attempt < 5; ++attempt) {
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < questions; ++i) {
      s.GetSize(blocks[i]);
      s.GetSize(blocks[blocks.size() - 1 - i]);
    }
    best = std::min(best, seconds(std::chrono::steady_clock::now() - start));
  }
  return best;
}

} // namespace

TEST_CASE("many blocks: the time of a call does not grow with their number") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const auto spy = make_ref<plain_header_spy>(header_16);
  const registration registered(s, spy.get());
  std::vector<void*> blocks;
  const auto grow_to = [&](std::size_t count) {
    while (blocks.size() < count) {
      blocks.push_back(s.Alloc(27));
    }
  };
  grow_to(2000);
  const seconds few = time_to_ask(s, blocks);
  grow_to(200000);
  const seconds many = time_to_ask(s, blocks);
  // A search through all of them would take about 100 times as long, a tree about twice as long.
  CHECK(many.count() < 20 * few.count());
  for (void* p : blocks) {
    s.Free(p);
  }
  CHECK(s.revoke_spy() == S_OK);
}
