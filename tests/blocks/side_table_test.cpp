// SPDX-License-Identifier: MIT
#include "blocks/side_table.hpp"

#include "support/catch.hpp"

#include <memory>
#include <random>
#include <set>

using mallocspy::blocks::node_stock;
using mallocspy::blocks::side_table;

namespace {

// A table, and the stock that its nodes come from and go to.
struct fixture {
  side_table table;
  node_stock stock{};

  bool put(std::uintptr_t address) {
    REQUIRE((stock.count != 0 || stock.refill()));
    return table.insert(address, stock);
  }
  bool erase(std::uintptr_t address) {
    return table.erase(address, stock);
  }
  bool contains(std::uintptr_t address) const {
    return table.contains(address);
  }
};

std::unique_ptr<fixture> empty_table() {
  return std::make_unique<fixture>();
}

} // namespace

TEST_CASE("an empty table contains nothing and erases nothing", "[blocks][side_table]") {
  const auto table = empty_table();
  CHECK_FALSE(table->contains(0));
  CHECK_FALSE(table->contains(0x1005));
  CHECK_FALSE(table->erase(0x1005));
}

TEST_CASE("an address is put in once and taken out once", "[blocks][side_table]") {
  const auto table = empty_table();
  CHECK(table->put(0x1005));
  CHECK_FALSE(table->put(0x1005));
  CHECK(table->contains(0x1005));
  CHECK_FALSE(table->contains(0x1004));
  CHECK_FALSE(table->erase(0x1006));
  CHECK(table->erase(0x1005));
  CHECK_FALSE(table->erase(0x1005));
  CHECK_FALSE(table->contains(0x1005));
}

TEST_CASE("nodes come back, and duplicates take none", "[blocks][side_table]") {
  const auto table = empty_table();
  CHECK(table->put(53));
  const std::size_t left = table->stock.count;
  CHECK_FALSE(table->put(53));
  CHECK(table->stock.count == left);
  CHECK(table->erase(53));
  CHECK(table->stock.count == left + 1);
}

TEST_CASE("a stock takes over another one's nodes", "[blocks][side_table]") {
  node_stock mine{};
  node_stock ended{};
  REQUIRE(mine.refill());
  REQUIRE(ended.refill());
  const std::size_t together = mine.count + ended.count;
  mine.take_over(ended);
  CHECK(mine.count == together);
  CHECK(ended.count == 0);
  CHECK(ended.first == nullptr);
  std::set<const void*> different;
  while (mine.first != nullptr) {
    different.insert(mine.take());
  }
  CHECK(different.size() == together);
}

TEST_CASE("more addresses than buckets and than one chunk of nodes", "[blocks][side_table]") {
  const auto table = empty_table();
  constexpr std::uintptr_t count = 20011;
  for (std::uintptr_t i = 0; i < count; ++i) {
    REQUIRE(table->put(0x7F0000000001U + 27 * i));
  }
  std::size_t found = 0;
  for (std::uintptr_t i = 0; i < count; ++i) {
    found += table->contains(0x7F0000000001U + 27 * i) ? 1U : 0U;
    found += table->contains(0x7F0000000001U + 27 * i + 1) ? 1U : 0U;
  }
  CHECK(found == count);
  std::size_t erased = 0;
  for (std::uintptr_t i = 0; i < count; i += 2) {
    erased += table->erase(0x7F0000000001U + 27 * i) ? 1U : 0U;
  }
  CHECK(erased == (count + 1) / 2);
}

TEST_CASE("random operations agree with a set", "[blocks][side_table]") {
  const auto table = empty_table();
  std::set<std::uintptr_t> model;
  std::mt19937_64 random(119);
  std::size_t disagreements = 0;
  for (int i = 0; i < 300000; ++i) {
    // Few addresses, so that each operation meets both present and absent ones, and chains are long.
    const std::uintptr_t address = (random() % 27011) * (random() % 2 == 0 ? 1 : 0x100000001U);
    switch (random() % 3) {
    case 0:
      disagreements += table->put(address) == model.insert(address).second ? 0U : 1U;
      break;
    case 1:
      disagreements += table->erase(address) == (model.erase(address) == 1) ? 0U : 1U;
      break;
    default:
      disagreements += table->contains(address) == (model.count(address) == 1) ? 0U : 1U;
      break;
    }
  }
  CHECK(disagreements == 0);
  CHECK(model.size() > 1000);
}

TEST_CASE("a range of addresses is taken out, and nothing beside it", "[blocks][side_table]") {
  const auto table = empty_table();
  CHECK(table->table.erase_range(0, ~std::uintptr_t{0}, table->stock) == 0);
  for (std::uintptr_t address = 0x1000; address < 0x3000; address += 7) {
    REQUIRE(table->put(address));
  }
  const std::size_t left = table->stock.count;
  std::size_t inside = 0;
  for (std::uintptr_t address = 0x1000; address < 0x3000; address += 7) {
    inside += address >= 0x1803 && address < 0x2800 ? 1U : 0U;
  }
  CHECK(table->table.erase_range(0x1803, 0x2800, table->stock) == inside);
  CHECK(table->stock.count == left + inside); // the nodes come back
  bool good = true;
  for (std::uintptr_t address = 0x1000; address < 0x3000; address += 7) {
    good = good && table->contains(address) == (address < 0x1803 || address >= 0x2800);
  }
  CHECK(good);
  CHECK(table->table.erase_range(0, ~std::uintptr_t{0}, table->stock) > 0);
  CHECK(table->table.empty());
}
