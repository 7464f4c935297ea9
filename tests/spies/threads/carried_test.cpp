// SPDX-License-Identifier: MIT
// What a Pre leaves for its Post, and which of it a Post gets.
#include "spies/threads/carried.hpp"

#include "support/catch.hpp"

#include <thread>

using namespace mallocspy;

namespace {

struct three_words {
  std::uintptr_t words[3];
};

int first_owner = 0;
int second_owner = 0;

// returns: how many values of one word a thread can leave
int leave_as_many_as_possible() {
  int left = 0;
  while (spies::carry(&first_owner, std::uintptr_t{27} + static_cast<std::uintptr_t>(left))) {
    ++left;
  }
  return left;
}

} // namespace

// Each on a thread of its own, which has left nothing yet.
TEST_CASE("a thread that has left nothing finds nothing", "[spies][carried]") {
  bool found = true;
  std::thread([&found] {
    std::uintptr_t value = 0;
    found = spies::take(&first_owner, value);
  }).join();
  CHECK_FALSE(found);
}

TEST_CASE("what was left last is taken first, by its owner", "[spies][carried]") {
  std::uintptr_t inner = 0;
  std::uintptr_t outer = 0;
  three_words other{};
  bool taken = false;
  bool again = true;
  std::thread([&] {
    taken = spies::carry(&first_owner, std::uintptr_t{27}) && spies::carry(&second_owner, three_words{{1, 2, 53}}) &&
            spies::carry(&first_owner, std::uintptr_t{31}) && spies::take(&first_owner, inner) &&
            spies::take(&second_owner, other) && spies::take(&first_owner, outer);
    again = spies::take(&first_owner, outer);
  }).join();
  CHECK(taken);
  CHECK(inner == 31);
  CHECK(other.words[2] == 53);
  CHECK(outer == 27);
  CHECK_FALSE(again);
}

TEST_CASE("what was left above by calls without an end is dropped, the owner's own of another size too",
          "[spies][carried]") {
  std::uintptr_t value = 0;
  bool taken = false;
  three_words rest{};
  bool is_rest_there = true;
  std::thread([&] {
    taken = spies::carry(&first_owner, std::uintptr_t{27}) && spies::carry(&first_owner, three_words{{1, 2, 3}}) &&
            spies::carry(&second_owner, three_words{{4, 5, 6}}) && spies::take(&first_owner, value);
    is_rest_there = spies::take(&second_owner, rest) || spies::take(&first_owner, rest);
  }).join();
  CHECK(taken);
  CHECK(value == 27);
  CHECK_FALSE(is_rest_there);
}

TEST_CASE("a thread that has no more room says so, and all that it left is there", "[spies][carried]") {
  int left = 0;
  int wrong = 0;
  std::thread([&] {
    left = leave_as_many_as_possible();
    for (int i = left; i-- != 0;) {
      std::uintptr_t value = 0;
      wrong += spies::take(&first_owner, value) && value == std::uintptr_t{27} + static_cast<std::uintptr_t>(i) ? 0 : 1;
    }
    wrong += leave_as_many_as_possible() == left ? 0 : 1;
  }).join();
  CHECK(left > 100);
  CHECK(wrong == 0);
}
