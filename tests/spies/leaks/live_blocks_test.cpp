// SPDX-License-Identifier: MIT
#include "spies/leaks/live_blocks.hpp"

#include "blocks/table_memory.hpp"
#include "support/barrier.hpp"
#include "support/catch.hpp"

#include <map>
#include <memory>
#include <random>
#include <thread>
#include <vector>

using mallocspy::spies::block_facts;
using mallocspy::spies::live_blocks;

namespace {

constexpr std::uintptr_t base = 0x123456780000U;

std::map<std::uintptr_t, std::uint64_t> all_in(const live_blocks& live) {
  std::map<std::uintptr_t, std::uint64_t> found;
  block_facts facts{};
  for (std::uint32_t i = 1; i < live.bound(); ++i) {
    if (live.read(i, facts)) {
      found[facts.address] = facts.number;
    }
  }
  return found;
}

} // namespace

TEST_CASE("a block is in from put to take", "[spies][live_blocks]") {
  live_blocks live;
  block_facts facts{};
  CHECK_FALSE(live.find(base, facts));
  CHECK_FALSE(live.take(base));
  REQUIRE(live.put({base, 27, 1, 53, 7}));
  REQUIRE(live.find(base, facts));
  CHECK(facts.size == 27);
  CHECK(facts.number == 1);
  CHECK(facts.stack == 53);
  CHECK(facts.thread == 7);
  CHECK_FALSE(live.find(base + 1, facts));
  CHECK_FALSE(live.take(base + 8));
  CHECK_FALSE(live.take(base + 16));
  CHECK(live.take(base, &facts));
  CHECK(facts.number == 1);
  CHECK_FALSE(live.take(base));
  CHECK(all_in(live).empty());
}

TEST_CASE("a block that does not begin with its granule", "[spies][live_blocks]") {
  live_blocks live;
  REQUIRE(live.put({base + 5, 27, 1, 0, 1}));
  CHECK_FALSE(live.take(base));
  CHECK_FALSE(live.take(base + 6));
  CHECK(all_in(live).count(base + 5) == 1);
  CHECK(live.take(base + 5));
}

TEST_CASE("addresses that no block has", "[spies][live_blocks]") {
  live_blocks live;
  CHECK_FALSE(live.take(0));
  CHECK_FALSE(live.take(static_cast<std::uintptr_t>(-1)));
  CHECK_FALSE(live.put({std::uintptr_t{1} << 50, 1, 1, 0, 1}));
}

TEST_CASE("random blocks agree with a map", "[spies][live_blocks]") {
  live_blocks live;
  std::map<std::uintptr_t, std::uint64_t> model;
  std::mt19937_64 random(27);
  std::size_t disagreements = 0;
  for (std::uint64_t number = 1; number < 200000; ++number) {
    // Some far apart, so that there are several leaves.
    const std::uintptr_t address = base + 16 * (random() % 20011) + (random() % 3 << 30);
    block_facts facts{};
    if (random() % 2 == 0 && model.count(address) == 0) {
      model[address] = number;
      disagreements += live.put({address, number, number, 0, 1}) ? 0U : 1U;
    } else {
      const auto known = model.find(address);
      const bool taken = live.take(address, &facts);
      disagreements += taken == (known != model.end()) && (!taken || facts.number == known->second) ? 0U : 1U;
      model.erase(address);
    }
  }
  CHECK(disagreements == 0);
  CHECK(all_in(live) == model);
  CHECK(model.size() > 1000);
}

TEST_CASE("records are used again, by other threads too", "[spies][live_blocks]") {
  live_blocks live;
  // One thread puts in, the other takes out: its stock goes back to the first.
  for (std::uint64_t round = 0; round < 20; ++round) {
    for (std::uint64_t i = 0; i < 10007; ++i) {
      REQUIRE(live.put({base + 16 * i, 1, round * 10007 + i + 1, 0, 1}));
    }
    std::thread([&live] {
      for (std::uint64_t i = 0; i < 10007; ++i) {
        live.take(base + 16 * i);
      }
    }).join();
  }
  CHECK(all_in(live).empty());
  CHECK(live.bound() < 4 * 10007);
}

TEST_CASE("of two threads that take one block, one gets it", "[spies][live_blocks]") {
  live_blocks live;
  constexpr std::uint64_t count = 20011;
  for (std::uint64_t i = 0; i < count; ++i) {
    REQUIRE(live.put({base + 16 * i, 1, i + 1, 0, 1}));
  }
  std::uint64_t taken[2] = {};
  support::barrier start(2);
  std::vector<std::thread> threads;
  for (auto& mine : taken) {
    threads.emplace_back([&] {
      start.arrive_and_wait();
      for (std::uint64_t i = 0; i < count; ++i) {
        mine += live.take(base + 16 * i) ? 1U : 0U;
      }
    });
  }
  for (auto& t : threads) {
    t.join();
  }
  CHECK(taken[0] + taken[1] == count);
}

TEST_CASE("without memory a block is refused", "[spies][live_blocks]") {
  const std::size_t before = mallocspy::blocks::limit_tables(0);
  live_blocks without;
  CHECK_FALSE(without.put({base, 1, 1, 0, 1}));
  CHECK_FALSE(without.take(base));
  mallocspy::blocks::limit_tables(before);
  live_blocks live;
  REQUIRE(live.put({base, 1, 1, 0, 1}));
  mallocspy::blocks::limit_tables(0);
  CHECK_FALSE(live.put({base + (std::uintptr_t{1} << 30), 1, 2, 0, 1}));
  mallocspy::blocks::limit_tables(before);
  CHECK(all_in(live).size() == 1);
}
