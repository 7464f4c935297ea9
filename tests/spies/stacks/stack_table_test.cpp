// SPDX-License-Identifier: MIT
#include "spies/stacks/stack_table.hpp"

#include "blocks/table_memory.hpp"
#include "support/catch.hpp"

#include <mallocspy/spies/call_stack.hpp>
#include <random>
#include <set>
#include <thread>
#include <vector>

using namespace mallocspy;

namespace {

using frames = std::vector<const void*>;

frames made_up_stack(std::uint64_t number) {
  std::mt19937_64 random(number);
  frames f(1 + random() % 16);
  for (auto& address : f) {
    address = reinterpret_cast<const void*>(0x400000 + random() % 7);
  }
  f[0] = reinterpret_cast<const void*>(number);
  return f;
}

bool is_stored_as(stack_id id, const frames& f) {
  const stored_stack s(id);
  return s.size() == f.size() && std::equal(s.begin(), s.end(), f.begin());
}

} // namespace

TEST_CASE("each stack is stored once, whole", "[spies][stack_table]") {
  std::set<stack_id> ids;
  constexpr std::uint64_t count = 30011;
  std::size_t wrong = 0;
  for (std::uint64_t i = 1; i <= count; ++i) {
    const frames f = made_up_stack(i);
    const stack_id id = store_stack(f.data(), f.size());
    ids.insert(id);
    wrong += is_stored_as(id, f) ? 0U : 1U;
  }
  for (std::uint64_t i = 1; i <= count; ++i) {
    const frames f = made_up_stack(i);
    ids.insert(store_stack(f.data(), f.size()));
  }
  CHECK(wrong == 0);
  CHECK(ids.size() == count);
  CHECK(ids.count(0) == 0);
}

TEST_CASE("stacks that begin alike are different", "[spies][stack_table]") {
  frames f(64, reinterpret_cast<const void*>(0x1234));
  std::set<stack_id> ids;
  for (std::size_t n = 1; n <= 64; ++n) {
    ids.insert(store_stack(f.data(), n));
  }
  CHECK(ids.size() == 64);
  frames deeper(65, reinterpret_cast<const void*>(0x1234));
  CHECK(ids.count(store_stack(deeper.data(), 65)) == 1);
}

TEST_CASE("threads that store the same stacks get the same numbers", "[spies][stack_table]") {
  constexpr std::uint64_t count = 5003;
  std::vector<std::vector<stack_id>> ids(4, std::vector<stack_id>(count));
  std::vector<std::thread> threads;
  for (auto& mine : ids) {
    threads.emplace_back([&mine] {
      for (std::uint64_t i = 0; i < count; ++i) {
        const frames f = made_up_stack(1000000 + i);
        mine[i] = store_stack(f.data(), f.size());
      }
    });
  }
  for (auto& t : threads) {
    t.join();
  }
  std::size_t wrong = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    wrong += is_stored_as(ids[0][i], made_up_stack(1000000 + i)) ? 0U : 1U;
  }
  CHECK(wrong == 0);
  CHECK(ids[1] == ids[0]);
  CHECK(ids[2] == ids[0]);
  CHECK(ids[3] == ids[0]);
}

TEST_CASE("without memory the stack is the empty one", "[spies][stack_table]") {
  frames f = made_up_stack(1);
  store_stack(f.data(), f.size()); // the index exists
  const std::size_t before = blocks::limit_tables(0);
  bool refused = false;
  // The present chunk has room for some.
  for (std::uint64_t i = 2000000; i < 2020000 && !refused; ++i) {
    f = made_up_stack(i);
    refused = store_stack(f.data(), f.size()) == 0;
  }
  blocks::limit_tables(before);
  CHECK(refused);
  CHECK(store_stack(f.data(), f.size()) != 0);
}
