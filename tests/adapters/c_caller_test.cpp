// SPDX-License-Identifier: MIT
#include "c_caller.h"

#include "observing_spy.hpp"
#include "support/catch.hpp"

TEST_CASE("a program in C uses the header and its functions", "[adapters][c]") {
  CHECK(c_caller_run() == 0);
  mallocspy::tests::observing_spy spy;
  mallocspy::scoped_spy registration(&spy);
  CHECK(c_caller_run() == 0);
  CHECK(spy.allocations == 5);
  CHECK(spy.live.empty());
}
