// SPDX-License-Identifier: MIT
#include "blocks/in_place.hpp"

#include "support/catch.hpp"

using mallocspy::blocks::equals_now;
using mallocspy::blocks::is_below;

namespace {

constexpr std::size_t largest = ~std::size_t{0};

} // namespace

TEST_CASE("a value is below a limit as unsigned numbers are", "[blocks][in_place]") {
  const std::atomic<std::size_t> limit{385};
  CHECK(is_below(0, limit));
  CHECK(is_below(384, limit));
  CHECK_FALSE(is_below(385, limit));
  CHECK_FALSE(is_below(386, limit));
  CHECK_FALSE(is_below(largest, limit)); // 0, when 1 has been taken off
  CHECK_FALSE(is_below(0, std::atomic<std::size_t>{0}));
  CHECK(is_below(largest - 1, std::atomic<std::size_t>{largest}));
}

TEST_CASE("a limit and a word are read anew each time", "[blocks][in_place]") {
  std::atomic<std::size_t> limit{27};
  CHECK_FALSE(is_below(27, limit));
  limit = 28;
  CHECK(is_below(27, limit));
  std::atomic<std::uintptr_t> word{59};
  CHECK(equals_now(word, 59));
  word = 61;
  CHECK_FALSE(equals_now(word, 59));
  CHECK(equals_now(word, 61));
}

TEST_CASE("all 64 bits of a word are compared", "[blocks][in_place]") {
  const std::atomic<std::uintptr_t> word{59};
  for (unsigned bit = 0; bit < 64; ++bit) {
    CAPTURE(bit);
    CHECK_FALSE(equals_now(word, std::uintptr_t{59} ^ (std::uintptr_t{1} << bit)));
  }
}
