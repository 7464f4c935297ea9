// SPDX-License-Identifier: MIT
// Sweeps as assertions of Catch2: those that fail do so in a process of their own.
#include <mallocspy/testing/catch2.hpp>

#include "testing/planted/planted.h"
#include "testing/program_output.hpp"

using namespace mallocspy;
using mallocspy::tests::run_this_program;

namespace {

bool sound() {
  return missing_check_corrected() != 0;
}
bool careless() {
  return leak_on_error_planted() != 0;
}

} // namespace

TEST_CASE("a sweep that finds nothing passes", "[testing][catch2][oom]") {
  CHECK_OOM_SWEEP(sound);
  sweep_options options;
  options.mode = sweep_mode::all_after;
  REQUIRE_OOM_SWEEP(sound, options);
  REQUIRE_OOM_SWEEP([] {
    const bool done = sound();
    return done;
  });
  REQUIRE_THAT(oom_sweep(sound), survives_oom());
  CHECK_THAT(oom_sweep(careless), !survives_oom());
}

TEST_CASE("child: careless", "[.]") {
  CHECK_OOM_SWEEP(careless);
  WARN("goes on");
}

TEST_CASE("child: careless, and ends", "[.][ends]") {
  REQUIRE_OOM_SWEEP(careless);
  WARN("goes on");
}

TEST_CASE("child: careless, by a matcher", "[.][matcher]") {
  CHECK_THAT(oom_sweep(careless), survives_oom());
}

TEST_CASE("child: which points", "[.][points]") {
  const sweep_result result = oom_sweep(sound);
  WARN("shard " << result.shard << ", " << result.injected << " of " << result.allocations);
  CHECK(result.passed());
}

TEST_CASE("a finding fails the test, with the whole report", "[testing][catch2][oom]") {
  const auto child = run_this_program({"child: careless"});
  CAPTURE(child.text);
  CHECK(child.failed());
  CHECK(child.has("CHECK_OOM_SWEEP( careless )"));
  CHECK(child.has("catch2_sweep_test.cpp"));
  CHECK(child.has("sweep of child: careless, mode once: 3 allocations"));
  CHECK(child.has("leak at allocation 3"));
  CHECK(child.has("leak_on_error.c:"));
  CHECK(child.has("MALLOCSPY_SWEEP_ONLY="));
  CHECK(child.has("goes on"));
  const auto matched = run_this_program({"[matcher]"});
  CAPTURE(matched.text);
  CHECK(matched.failed());
  CHECK(matched.has("leak at allocation 3"));
  CHECK(matched.has("survives a lack of memory"));
}

TEST_CASE("the REQUIRE form of a sweep ends the test", "[testing][catch2][oom]") {
  const auto child = run_this_program({"[ends]"});
  CAPTURE(child.text);
  CHECK(child.failed());
  CHECK(child.has("leak at allocation 3"));
  CHECK_FALSE(child.has("goes on"));
}

TEST_CASE("the environment narrows the sweeps of a test", "[testing][catch2][oom]") {
  const auto one = run_this_program({"child: careless"}, {{"MALLOCSPY_SWEEP_ONLY", "2"}});
  CAPTURE(one.text);
  CHECK(one.exited_with(0)); // its allocation is failed properly
  CHECK(one.has("goes on"));
  const auto first = run_this_program({"[points]"}, {{"MALLOCSPY_SWEEP_SHARD", "1/3"}});
  CAPTURE(first.text);
  CHECK(first.exited_with(0));
  CHECK(first.has("shard 1/3, 2 of 4"));
  const auto third = run_this_program({"[points]"}, {{"MALLOCSPY_SWEEP_SHARD", "3/3"}});
  CAPTURE(third.text);
  CHECK(third.has("shard 3/3, 1 of 4"));
}
