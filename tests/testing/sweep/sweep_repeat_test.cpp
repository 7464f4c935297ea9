// SPDX-License-Identifier: MIT
// What is done with a finding: found by several children at one time, repeated, expected.
#include "support/catch.hpp"
#include "testing/sweep/eight_blocks.hpp"
#include "testing/sweep/temporary_file.hpp"

#include <cstdlib>
#include <fstream>
#include <mallocspy/testing.hpp>
#include <string>

using namespace mallocspy;
using namespace mallocspy::tests;

TEST_CASE("several children at one time find the same") {
  sweep_options options;
  options.jobs = 4;
  const sweep_result together = oom_sweep([] { return eight_blocks(true); }, options);
  options.jobs = 1;
  const sweep_result alone = oom_sweep([] { return eight_blocks(true); }, options);
  INFO(together.text());
  CHECK(together.injected == 8);
  CHECK(together.verdicts == alone.verdicts);
  REQUIRE(together.findings.size() == 1);
  CHECK(together.findings[0].what == verdict::leak);
  CHECK(together.findings[0].allocation == 6);
}

TEST_CASE("one point is repeated by its stack and occurrence, as the report and the environment say") {
  const auto body = [] { return eight_blocks(true); };
  const sweep_result all = oom_sweep(body);
  REQUIRE(all.findings.size() == 1);
  const std::string prefix = "MALLOCSPY_SWEEP_ONLY=";
  const std::string replay = all.findings[0].replay;
  REQUIRE(replay.rfind(prefix, 0) == 0);
  ::setenv("MALLOCSPY_SWEEP_ONLY", replay.substr(prefix.size()).c_str(), 1);
  const sweep_result one = oom_sweep(body);
  ::unsetenv("MALLOCSPY_SWEEP_ONLY");
  INFO(one.text());
  CHECK(one.injected == 1);
  CHECK(one.count(verdict::leak) == 1);
}

TEST_CASE("a budget is each child's own, also after the failure has been let happen here") {
  sweep_options options;
  options.mode = sweep_mode::budget;
  options.budget = 100; // none has room
  options.only = 5;
  const sweep_result result = oom_sweep([] { return eight_blocks(true); }, options);
  INFO(result.text());
  REQUIRE(result.findings.size() == 1);
  CHECK(result.findings[0].what == verdict::leak);
  CHECK(result.findings[0].confirmed);
}

TEST_CASE("expected findings do not count, and a bad file is told") {
  const temporary_file file;
  std::ofstream(file.path) << "leak fun:*eight_blocks*\n";
  sweep_options options;
  options.suppressions = file.path;
  const sweep_result result = oom_sweep([] { return eight_blocks(true); }, options);
  INFO(result.text());
  CHECK(result.passed());
  CHECK(result.suppressed.size() == 1);
  std::ofstream(file.path) << "leek fun:a\n";
  const sweep_result refused = oom_sweep([] { return true; }, options);
  CHECK(refused.exit_status() == 2);
  CHECK(refused.error.find(":1:") != std::string::npos);
}
