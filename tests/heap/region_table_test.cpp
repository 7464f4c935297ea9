// SPDX-License-Identifier: MIT
#include "heap/region_table.hpp"

#include "blocks/table_memory.hpp"
#include "support/catch.hpp"

#include <map>
#include <random>

using namespace mallocspy::heap;
using mallocspy::blocks::limit_tables;

namespace {

constexpr std::size_t no_limit = static_cast<std::size_t>(-1);

} // namespace

TEST_CASE("regions are found, and only they", "[heap][regions]") {
  region_table table;
  std::map<std::uintptr_t, std::size_t> model;
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) {
    const std::uintptr_t address = (1 + random() % 700) << (random() % 2 == 0 ? 22 : 12);
    if (model.count(address) == 0 && random() % 5 != 0) {
      REQUIRE(table.reserve());
      const std::size_t size = random() % 2 == 0 ? region::is_segment : random() % 1000;
      table.insert({address, 4096, size});
      model[address] = size;
    } else if (model.count(address) != 0) {
      table.erase(table.find(address));
      model.erase(address);
    }
    CHECK((table.find(address) != nullptr) == (model.count(address) != 0));
  }
  std::size_t count = 0;
  bool good = true;
  table.for_each([&](const region& r) {
    ++count;
    good = good && model.count(r.address) == 1 && model[r.address] == r.size;
  });
  CHECK(good);
  CHECK(count == model.size());
  for (const auto& [address, size] : model) {
    REQUIRE(table.find(address) != nullptr);
  }
  // In order, each kind for itself.
  for (const bool segments : {false, true}) {
    std::uintptr_t from = 0;
    for (const auto& [address, size] : model) {
      if ((size == region::is_segment) == segments) {
        const region* next = table.next(from, segments);
        REQUIRE(next != nullptr);
        REQUIRE(next->address == address);
        from = address + 1;
      }
    }
    CHECK(table.next(from, segments) == nullptr);
  }
  table.clear();
  CHECK(table.find(model.begin()->first) == nullptr);
  CHECK(table.next(0, true) == nullptr);
}

TEST_CASE("a table that cannot grow says so and stays as it is", "[heap][regions]") {
  region_table table;
  limit_tables(0);
  std::uintptr_t entered = 0;
  while (table.reserve()) {
    table.insert({++entered << 22, 4096, 53});
  }
  limit_tables(no_limit);
  CHECK(entered >= 3);
  for (std::uintptr_t i = 1; i <= entered; ++i) {
    CHECK(table.find(i << 22) != nullptr);
  }
  CHECK(table.reserve());
}
