// SPDX-License-Identifier: MIT
#include "tool/report/compare.hpp"

#include "support/catch.hpp"
#include "tool/report_samples.hpp"

#include <nlohmann/json.hpp>

using namespace mallocspy;
using namespace mallocspy::tests;
using namespace mallocspy::tool;

namespace {

sweep_result with(const std::vector<sweep_finding>& findings) {
  sweep_result r = part_of_sweep(1, 1);
  r.findings = findings;
  return r;
}

const sweep_finding crash_a = finding_of(verdict::crash, "a", 1);
const sweep_finding leak_a = finding_of(verdict::leak, "a", 1);
const sweep_finding leak_b = finding_of(verdict::leak, "b", 2);

} // namespace

TEST_CASE("findings are new, fixed or unchanged, by verdict and call stack") {
  sweep_finding moved = leak_b;
  moved.allocation = 5;
  moved.stack = {"in_b (a.c:99)"};
  const comparison c = compare(with({crash_a, leak_b}), with({leak_a, moved}), "old.json");
  REQUIRE(c.added.size() == 1);
  CHECK(c.added[0].what == verdict::leak);
  CHECK(c.added[0].stack_id == "a");
  REQUIRE(c.fixed.size() == 1);
  CHECK(c.fixed[0].what == verdict::crash);
  REQUIRE(c.unchanged.size() == 1);
  CHECK(c.unchanged[0].allocation == 5);
  CHECK(is_new(c, leak_a));
  CHECK_FALSE(is_new(c, moved));
  CHECK(c.doubts.empty());
}

TEST_CASE("the comparison as text and as JSON") {
  const comparison c = compare(with({crash_a, leak_b}), with({leak_a, leak_b}), "old.json");
  CHECK(comparison_text(c, false) == "compared with old.json: 1 new, 1 fixed, 1 unchanged\n"
                                     "    new    leak, stack a in in_a (a.c:1)\n"
                                     "    fixed  crash, stack a in in_a (a.c:1)\n");
  const auto json = nlohmann::json::parse(comparison_json(c));
  CHECK(json["baseline"] == "old.json");
  CHECK(json["new"][0]["verdict"] == "leak");
  CHECK(json["new"][0]["stack_id"] == "a");
  CHECK(json["fixed"][0]["verdict"] == "crash");
  CHECK(json["unchanged"].size() == 1);
}

TEST_CASE("a comparison says where it may be wrong") {
  sweep_result cut_off = with({});
  cut_off.complete = false;
  CHECK(compare(with({crash_a}), cut_off, "old").doubts.size() == 1);
  CHECK(compare(cut_off, with({crash_a}), "old").doubts.size() == 1);
  sweep_result other = with({});
  other.target = "q";
  other.mode = sweep_mode::all_after;
  CHECK(compare(other, with({}), "old").doubts.size() == 2);
}
