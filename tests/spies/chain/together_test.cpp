// SPDX-License-Identifier: MIT
// The ready-made spies in one chain, in every order, under random work that knows what it must see.
#include "spies/guard/guard_findings.hpp"
#include "support/catch.hpp"
#include "support/dies.hpp"
#include "support/pattern.hpp"

#include <algorithm>
#include <atomic>
#include <mallocspy/mallocspy.h>
#include <mallocspy/mallocspy.hpp>
#include <random>
#include <thread>

using namespace mallocspy;

namespace {

struct tally {
  std::uint64_t allocations = 0;
  std::uint64_t reallocations = 0;
  std::uint64_t frees = 0;
  std::uint64_t refused = 0;
  bool right = true;
};

// Random allocations, reallocations (to 0 too) and frees, sizes of 0 among them; contents, sizes and owners are checked at
// each step.
tally work(unsigned seed, int steps) {
  struct block {
    char* p;
    SIZE_T size;
    std::size_t key;
  };
  std::mt19937 random(seed);
  std::vector<block> blocks;
  tally t;
  const auto size = [&] { return random() % 5 == 0 ? 0 : SIZE_T{1} << (random() % 13); };
  const auto give_up = [&](std::size_t i) {
    CoTaskMemFree(blocks[i].p);
    ++t.frees;
    blocks.erase(blocks.begin() + static_cast<std::ptrdiff_t>(i));
  };
  for (int step = 0; step < steps; ++step) {
    const std::size_t which = blocks.empty() ? 0 : random() % blocks.size();
    if (blocks.empty() || (random() % 3 == 0 && blocks.size() < 100)) {
      const SIZE_T bytes = size();
      auto* p = static_cast<char*>(CoTaskMemAlloc(bytes));
      if (p == nullptr) {
        ++t.refused;
        t.right = t.right && bytes != 0;
        continue;
      }
      ++t.allocations;
      blocks.push_back({p, bytes, random()});
      support::fill(p, bytes, blocks.back().key);
    } else if (random() % 2 == 0) {
      block& b = blocks[which];
      const SIZE_T bytes = size();
      auto* p = static_cast<char*>(CoTaskMemRealloc(b.p, bytes));
      if (bytes == 0) {
        ++t.frees;
        t.right = t.right && p == nullptr;
        blocks.erase(blocks.begin() + static_cast<std::ptrdiff_t>(which));
        continue;
      }
      if (p == nullptr) {
        ++t.refused;
      } else {
        ++t.reallocations;
        t.right = t.right && support::holds(p, std::min(b.size, bytes), b.key);
        b.p = p;
        b.size = bytes;
        support::fill(p, bytes, b.key);
      }
      t.right = t.right && mallocspy_size(b.p) == b.size;
    } else {
      const block& b = blocks[which];
      t.right = t.right && support::holds(b.p, b.size, b.key) && mallocspy_size(b.p) == b.size && mallocspy_owns(b.p) == 1;
      give_up(which);
    }
  }
  while (!blocks.empty()) {
    give_up(0);
  }
  return t;
}

} // namespace

TEST_CASE("guard, leak_tracker, fault_injector and statistics work together in every order") {
  test::guard_findings found;
  guard_options options = test::guard_findings::options();
  options.quarantine_blocks = 50;
  options.red_zone = 48;
  std::vector<int> order{0, 1, 2, 3};
  do {
    CAPTURE(order);
    guard guarded(options);
    statistics counted;
    fault_injector faults(fault_plan::every(7));
    leak_tracker leaks;
    IMallocSpy* spies[] = {&guarded, &counted, &faults, &leaks};
    chain all{spies[order[0]], spies[order[1]], spies[order[2]], spies[order[3]]};
    const scoped_spy registration(&all);
    REQUIRE(registration);
    const tally t = work(42, 1500);
    CHECK(t.right);
    CHECK(t.refused > 50);
    CHECK(found.text().empty());
    CHECK(guarded.check_all() == 0);
    const auto before = [&](int a, int b) {
      return std::find(order.begin(), order.end(), a) < std::find(order.begin(), order.end(), b);
    };
    CHECK(leaks.untracked() == 0);
    if (before(3, 0)) {
      CHECK(leaks.count().blocks == 0);
      CHECK(leaks.count().bytes == 0);
    } else {
      CHECK(leaks.count().blocks == 50); // what is in quarantine lives, for those behind the guard
    }
    if (before(1, 0)) { // the statistics stand in front of the guard: they see what the client asks for
      const allocation_counts seen = counted.counts();
      CHECK(seen.allocations == t.allocations);
      CHECK(seen.reallocations == t.reallocations);
      CHECK(seen.frees == t.frees);
      CHECK(seen.live_blocks == 0);
      CHECK(seen.live_bytes == 0);
      CHECK(seen.failures == (before(1, 2) ? t.refused : 0));
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("they do so on many threads") {
  test::guard_findings found;
  guard_options options = test::guard_findings::options();
  options.quarantine_blocks = 50;
  options.pages = GENERATE(false, true);
  options.most_pages = 60;
  statistics counted;
  fault_injector faults(fault_plan::random(0.1, 7));
  leak_tracker leaks;
  guard guarded(options);
  chain all{&counted, &leaks, &faults, &guarded};
  const scoped_spy registration(&all);
  tally tallies[4];
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 4; ++i) {
    threads.emplace_back([&tallies, i] { tallies[i] = work(i, 1500); });
  }
  for (int i = 0; i < 20; ++i) {
    CHECK(guarded.check_all() == 0);
  }
  std::uint64_t allocations = 0;
  std::uint64_t reallocations = 0;
  std::uint64_t frees = 0;
  std::uint64_t refused = 0;
  for (unsigned i = 0; i < 4; ++i) {
    threads[i].join();
    CHECK(tallies[i].right);
    allocations += tallies[i].allocations;
    reallocations += tallies[i].reallocations;
    frees += tallies[i].frees;
    refused += tallies[i].refused;
  }
  CHECK(found.text().empty());
  CHECK(leaks.count().blocks == 0);
  CHECK(counted.counts().allocations == allocations);
  CHECK(counted.counts().reallocations == reallocations);
  CHECK(counted.counts().frees == frees);
  CHECK(counted.counts().failures == refused);
  CHECK(counted.counts().live_blocks == 0);
  CHECK(counted.counts().live_bytes == 0);
}

TEST_CASE("a child that is forked while other threads allocate goes on under the whole chain") {
  test::guard_findings found;
  guard_options options = test::guard_findings::options();
  options.quarantine_blocks = 50;
  statistics counted;
  leak_tracker leaks;
  fault_injector faults(fault_plan::random(0.1, 7));
  guard guarded(options);
  chain all{&counted, &leaks, &faults, &guarded};
  const scoped_spy registration(&all);
  std::atomic<bool> enough{false};
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 2; ++i) {
    threads.emplace_back([&enough, i] {
      for (unsigned round = i; !enough; round += 2) {
        work(round, 50);
      }
    });
  }
  std::string ends;
  for (unsigned i = 0; i < 10; ++i) {
    ends += support::last_words([&] {
      const bool right = work(i, 300).right && guarded.check_all() == 0;
      (void)faults.outcome();
      _exit(right ? 7 : 1);
    });
  }
  enough = true;
  for (std::thread& thread : threads) {
    thread.join();
  }
  std::string expected;
  for (int i = 0; i < 10; ++i) {
    expected += "exit 7: ";
  }
  CHECK(ends == expected);
  CHECK(found.text().empty());
}
