// SPDX-License-Identifier: MIT
#include "tool/report/merge.hpp"

#include "support/catch.hpp"
#include "tool/report_samples.hpp"

#include <stdexcept>

using namespace mallocspy;
using namespace mallocspy::tests;
using mallocspy::tool::merge_shards;

namespace {

std::string message_of(const sweep_result& a, const sweep_result& b) {
  try {
    merge_shards({{"a.json", a}, {"b.json", b}});
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "no error";
}

} // namespace

TEST_CASE("the parts of a sweep make the whole, in any order") {
  const sweep_result whole =
      merge_shards({{"3", part_of_sweep(3, 3)}, {"1", part_of_sweep(1, 3)}, {"2", part_of_sweep(2, 3)}});
  const sweep_result expected = part_of_sweep(1, 1);
  CHECK(whole.complete);
  CHECK(whole.stopped.empty());
  CHECK(whole.shard == "1/1");
  CHECK(whole.injected == 6);
  CHECK(whole.snapshots == 6);
  CHECK(whole.seconds == 1.5);
  CHECK(whole.verdicts == expected.verdicts);
  REQUIRE(whole.points.size() == 6);
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(whole.points[i].n == i + 1);
    CHECK(whole.points[i].what == expected.points[i].what);
  }
  // Both crashes have one stack; they were found by one part each.
  REQUIRE(whole.findings.size() == 2);
  CHECK(whole.findings[0].what == verdict::crash);
  CHECK(whole.findings[0].allocation == 2);
  CHECK(whole.findings[0].points == 2);
  CHECK(whole.findings[1].what == verdict::leak);
}

TEST_CASE("a part that is missing or not complete leaves the whole incomplete") {
  const sweep_result some = merge_shards({{"1", part_of_sweep(1, 4)}, {"3", part_of_sweep(3, 4)}});
  CHECK_FALSE(some.complete);
  CHECK(some.stopped == "part 2/4 is missing; part 4/4 is missing");
  CHECK(some.count(verdict::untested) == 3);
  sweep_result stopped = part_of_sweep(2, 2);
  stopped.complete = false;
  stopped.stopped = "interrupted";
  const sweep_result both = merge_shards({{"1", part_of_sweep(1, 2)}, {"2", stopped}});
  CHECK_FALSE(both.complete);
  CHECK(both.stopped == "interrupted");
}

TEST_CASE("what one part could not confirm and another did counts as confirmed") {
  sweep_result first = part_of_sweep(1, 2);
  first.unconfirmed = {finding_of(verdict::crash, "b", 1), finding_of(verdict::hang, "b", 1)};
  const sweep_result whole = merge_shards({{"1", first}, {"2", part_of_sweep(2, 2)}});
  REQUIRE(whole.unconfirmed.size() == 1);
  CHECK(whole.unconfirmed[0].what == verdict::hang);
}

TEST_CASE("one file comes back as it is") {
  CHECK(merge_shards({{"x", sample_sweep()}}).json() == sample_sweep().json());
}

TEST_CASE("parts of different sweeps are refused, and both files named") {
  const sweep_result good = part_of_sweep(1, 2);
  sweep_result other = part_of_sweep(2, 2);
  CHECK(message_of(good, other) == "no error");
  CHECK(message_of(good, good) == "part 1/2 is there twice: a.json and b.json");
  CHECK(message_of(good, part_of_sweep(2, 3)) == "a.json and b.json are of different sweeps: the number of parts differs");
  other.allocations = 7;
  CHECK(message_of(good, other) == "a.json and b.json are of different sweeps: the number of allocations differs");
  other.mode = sweep_mode::all_after;
  CHECK(message_of(good, other) == "a.json and b.json are of different sweeps: the mode differs");
  other.program = {"./q"};
  CHECK(message_of(good, other) == "a.json and b.json are of different sweeps: the program differs");
  for (const char* shard : {"", "2", "0/2", "3/2", "a/b", "1/2/3", "/", "1/", "99999999999999999999/9"}) {
    sweep_result odd = part_of_sweep(2, 2);
    odd.shard = shard;
    CHECK(message_of(good, odd) == std::string("b.json: '") + shard + "' is no part of a sweep");
  }
}
