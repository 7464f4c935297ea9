// SPDX-License-Identifier: MIT
#include "spies/threads/per_thread.hpp"

#include "support/catch.hpp"

#include <memory>
#include <thread>

using namespace mallocspy;

namespace {

struct entry : spies::thread_entry {
  spies::counter count;
};
using table = spies::per_thread<entry>;

void add(table& to, int change) {
  const auto mine = to.mine();
  mine.entry.count.add(change, mine.shared);
}

std::uint64_t sum(table& of) {
  std::uint64_t all = 0;
  of.for_each([&all](entry& e, bool) { all += e.count.get(); });
  return all;
}

std::size_t entries(table& of) {
  std::size_t all = 0;
  of.for_each([&all](entry&, bool) { ++all; });
  return all;
}

} // namespace

TEST_CASE("a thread that uses two tables in turn has an entry in each", "[spies][per_thread]") {
  table first(spies::entries_by::index);
  table second(spies::entries_by::serial);
  for (int i = 0; i < 27; ++i) {
    add(first, 1);
    add(second, 3);
    add(second, 2);
  }
  CHECK(sum(first) == 27);
  CHECK(sum(second) == 135);
  CHECK(entries(first) == 1);
  CHECK(entries(second) == 1);
}

TEST_CASE("a table in the place of one that is gone begins with nothing", "[spies][per_thread]") {
  auto t = std::make_unique<table>(spies::entries_by::index);
  add(*t, 27);
  t.reset();
  t = std::make_unique<table>(spies::entries_by::index);
  CHECK(t->mine_again() == nullptr);
  add(*t, 31);
  CHECK(sum(*t) == 31);
  CHECK(t->mine_again() != nullptr);
}

TEST_CASE("threads that come and go count in their own entries, or go on with those of ended ones", "[spies][per_thread]") {
  table by_index(spies::entries_by::index);
  table by_serial(spies::entries_by::serial);
  for (int i = 0; i < 5; ++i) {
    std::thread([&] {
      add(by_index, 1);
      add(by_serial, 1);
      add(by_index, 1);
    }).join();
  }
  CHECK(sum(by_index) == 10);
  CHECK(sum(by_serial) == 5);
  CHECK(entries(by_index) == 1);
  CHECK(entries(by_serial) == 5);
}
