// SPDX-License-Identifier: MIT
#include "spies/stacks/stack_hash.hpp"

#include "support/catch.hpp"

#include <random>
#include <set>
#include <vector>

using namespace mallocspy;

namespace {

using addresses = std::vector<std::uintptr_t>;

// returns: for each frame, and for none behind the last one, the sum with all its callers
std::vector<std::uint64_t> sums_of(const addresses& stack) {
  std::vector<std::uint64_t> sums(stack.size() + 1, 0);
  for (std::size_t i = stack.size(); i-- != 0;) {
    sums[i] = spies::sum_with_callers(stack[i], sums[i + 1]);
  }
  return sums;
}

std::uint64_t hash_of(const addresses& stack) {
  return spies::hash_of_frames(sums_of(stack)[0], 0, stack.size());
}

// Few different ones, near each other, as in a recursion.
addresses recursion(std::mt19937_64& random, std::size_t depth) {
  addresses stack(depth);
  for (auto& address : stack) {
    address = 0x555555554000 + random() % 5 * 27;
  }
  return stack;
}

} // namespace

TEST_CASE("some frames have the same hash, whoever called them", "[spies][stack_hash]") {
  std::mt19937_64 random(27);
  const addresses stack = recursion(random, 97);
  const auto sums = sums_of(stack);
  std::size_t wrong = 0;
  for (std::size_t first = 0; first < stack.size(); ++first) {
    for (std::size_t count = 1; count <= 64 && first + count <= stack.size(); ++count) {
      const addresses alone(stack.begin() + static_cast<std::ptrdiff_t>(first),
                            stack.begin() + static_cast<std::ptrdiff_t>(first + count));
      wrong += spies::hash_of_frames(sums[first], sums[first + count], count) == hash_of(alone) ? 0U : 1U;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("different stacks of the same addresses have different hashes", "[spies][stack_hash]") {
  std::mt19937_64 random(31);
  std::set<addresses> stacks;
  std::set<std::uint64_t> hashes;
  std::set<std::uint64_t> lower_halves;
  for (int i = 0; i < 30011; ++i) {
    const addresses stack = recursion(random, 3 + random() % 14);
    stacks.insert(stack);
    hashes.insert(hash_of(stack));
    lower_halves.insert(hash_of(stack) % (std::uint64_t{1} << 32));
  }
  CHECK(hashes.size() == stacks.size());
  CHECK(lower_halves.size() + 3 >= stacks.size()); // one in ten is expected to be lost: 30,000 squared / 2 / 2^32
}
