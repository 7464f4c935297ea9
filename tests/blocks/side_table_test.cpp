// SPDX-License-Identifier: MIT
#include "blocks/side_table.hpp"

#include "support/catch.hpp"

#include <memory>
#include <random>
#include <set>

using mallocspy::blocks::side_table;

namespace {

std::unique_ptr<side_table> empty_table() {
  return std::make_unique<side_table>();
}

bool put(side_table& table, std::uintptr_t address) {
  side_table::node* node = table.take_node();
  REQUIRE(node != nullptr);
  return table.insert(node, address);
}

} // namespace

TEST_CASE("an empty table contains nothing and erases nothing", "[blocks][side_table]") {
  const auto table = empty_table();
  CHECK(table->size() == 0);
  CHECK_FALSE(table->contains(0));
  CHECK_FALSE(table->contains(0x1005));
  CHECK_FALSE(table->erase(0x1005));
}

TEST_CASE("an address is put in once and taken out once", "[blocks][side_table]") {
  const auto table = empty_table();
  CHECK(put(*table, 0x1005));
  CHECK_FALSE(put(*table, 0x1005));
  CHECK(table->size() == 1);
  CHECK(table->contains(0x1005));
  CHECK_FALSE(table->contains(0x1004));
  CHECK_FALSE(table->erase(0x1006));
  CHECK(table->size() == 1);
  CHECK(table->erase(0x1005));
  CHECK_FALSE(table->erase(0x1005));
  CHECK_FALSE(table->contains(0x1005));
  CHECK(table->size() == 0);
}

TEST_CASE("nodes come back, also those of duplicates", "[blocks][side_table]") {
  const auto table = empty_table();
  // The free list is a stack: what was given back last is taken next.
  side_table::node* node = table->take_node();
  REQUIRE(node != nullptr);
  table->give_back(node);
  CHECK(table->take_node() == node);
  CHECK(table->insert(node, 53));
  side_table::node* duplicate = table->take_node();
  CHECK(duplicate != node);
  CHECK_FALSE(table->insert(duplicate, 53));
  CHECK(table->take_node() == duplicate);
  CHECK(table->erase(53));
  CHECK(table->take_node() == node);
}

TEST_CASE("more addresses than buckets and than one chunk of nodes", "[blocks][side_table]") {
  const auto table = empty_table();
  constexpr std::uintptr_t count = 20011;
  for (std::uintptr_t i = 0; i < count; ++i) {
    REQUIRE(put(*table, 0x7F0000000001U + 27 * i));
  }
  CHECK(table->size() == count);
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
  CHECK(table->size() == count - erased);
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
      disagreements += put(*table, address) == model.insert(address).second ? 0U : 1U;
      break;
    case 1:
      disagreements += table->erase(address) == (model.erase(address) == 1) ? 0U : 1U;
      break;
    default:
      disagreements += table->contains(address) == (model.count(address) == 1) ? 0U : 1U;
      break;
    }
    disagreements += table->size() == model.size() ? 0U : 1U;
  }
  CHECK(disagreements == 0);
  CHECK(model.size() > 1000);
}
