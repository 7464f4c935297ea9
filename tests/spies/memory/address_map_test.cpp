// SPDX-License-Identifier: MIT
#include "spies/memory/address_map.hpp"

#include "blocks/table_memory.hpp"
#include "support/barrier.hpp"
#include "support/catch.hpp"

#include <memory>
#include <thread>
#include <vector>

using mallocspy::spies::address_map;

namespace {

std::uint64_t address_of(std::uint64_t i) {
  return 0x7F0000000000U + 27 * i;
}

} // namespace

TEST_CASE("what is put in is found, through many growths", "[spies][address_map]") {
  const auto map = std::make_unique<address_map>();
  CHECK(map->find(53) == 0);
  constexpr std::uint64_t count = 50021;
  for (std::uint64_t i = 0; i < count; ++i) {
    map->insert(address_of(i), i + 1);
  }
  std::uint64_t right = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    right += map->find(address_of(i)) == i + 1 ? 1U : 0U;
    right += map->find(address_of(i) + 1) == 0 ? 1U : 0U;
  }
  CHECK(right == 2 * count);
}

TEST_CASE("without memory nothing is found, and nothing breaks", "[spies][address_map]") {
  const auto map = std::make_unique<address_map>();
  const std::size_t before = mallocspy::blocks::limit_tables(0);
  map->insert(53, 1);
  CHECK(map->find(53) == 0);
  mallocspy::blocks::limit_tables(before);
  map->insert(53, 1);
  CHECK(map->find(53) == 1);

  // A table that cannot grow takes some more, and drops the rest.
  mallocspy::blocks::limit_tables(0);
  for (std::uint64_t i = 0; i < 20011; ++i) {
    map->insert(address_of(i), i + 1);
  }
  std::size_t wrong = 0;
  std::size_t found = 0;
  for (std::uint64_t i = 0; i < 20011; ++i) {
    const std::uint64_t value = map->find(address_of(i));
    wrong += value != 0 && value != i + 1 ? 1U : 0U;
    found += value != 0 ? 1U : 0U;
  }
  mallocspy::blocks::limit_tables(before);
  CHECK(wrong == 0);
  CHECK(found > 1000);
  CHECK(found < 20011);
}

TEST_CASE("threads that put in the same and different addresses", "[spies][address_map]") {
  const auto map = std::make_unique<address_map>();
  constexpr std::uint64_t count = 20011;
  std::vector<std::uint64_t> wrong(4);
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t i = t % 2; i < count; i += 1 + t % 2) {
        map->insert(address_of(i), i + 1);
        const std::uint64_t earlier = map->find(address_of(i / 2));
        wrong[t] += earlier != 0 && earlier != i / 2 + 1 ? 1U : 0U;
      }
    });
  }
  for (auto& t : threads) {
    t.join();
  }
  CHECK(wrong[0] + wrong[1] + wrong[2] + wrong[3] == 0);
  // What was put into a table while it was being replaced may be lost; asked again, it is there.
  std::size_t lost = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    lost += map->find(address_of(i)) == 0 ? 1U : 0U;
    map->insert(address_of(i), i + 1);
    REQUIRE(map->find(address_of(i)) == i + 1);
  }
  CHECK(lost < count / 2);
}
