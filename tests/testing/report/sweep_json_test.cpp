// SPDX-License-Identifier: MIT
#include "testing/report/sweep_json.hpp"

#include "support/catch.hpp"
#include "testing/report/sample_sweep.hpp"
#include "testing/report/signal_name.hpp"

#include <sstream>
#include <stdexcept>

using namespace mallocspy;
using namespace mallocspy::testing_detail;
using namespace mallocspy::tests;

namespace {

bool same(const sweep_point& a, const sweep_point& b) {
  return a.n == b.n && a.stack_id == b.stack_id && a.occurrence == b.occurrence && a.size == b.size && a.what == b.what &&
         a.replayed == b.replayed && a.allocated_again == b.allocated_again;
}

void check_same(const std::vector<sweep_finding>& a, const std::vector<sweep_finding>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    CHECK(a[i].what == b[i].what);
    CHECK(a[i].allocation == b[i].allocation);
    CHECK(a[i].occurrence == b[i].occurrence);
    CHECK(a[i].points == b[i].points);
    CHECK(a[i].stack_id == b[i].stack_id);
    CHECK(a[i].confirmed == b[i].confirmed);
    CHECK(a[i].signal == b[i].signal);
    CHECK(a[i].error_text == b[i].error_text);
    CHECK(a[i].detail == b[i].detail);
    CHECK(a[i].stack == b[i].stack);
    CHECK(a[i].other == b[i].other);
    CHECK(a[i].replay == b[i].replay);
  }
}

std::string message_of(const std::string& text) {
  try {
    read_sweep(text, "sweep.json");
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "no error";
}

std::string with(std::string text, const std::string& old_part, const std::string& new_part) {
  const std::size_t at = text.find(old_part);
  REQUIRE(at != std::string::npos);
  return text.replace(at, old_part.size(), new_part);
}

} // namespace

TEST_CASE("what is written is read back: every fact of a sweep") {
  sweep_result written = sample_sweep();
  written.shard = "2/3";
  written.suppressed = {sample_leak()};
  written.error = "nothing, in truth";
  const sweep_result read = read_sweep(written.json(), "x");
  CHECK(read.target == written.target);
  CHECK(read.program == written.program);
  CHECK(read.complete == written.complete);
  CHECK(read.stopped == written.stopped);
  CHECK(read.shard == written.shard);
  CHECK(read.mode == written.mode);
  CHECK(read.allocations == written.allocations);
  CHECK(read.injected == written.injected);
  CHECK(read.snapshots == written.snapshots);
  CHECK(read.replays == written.replays);
  CHECK(read.never_fired == written.never_fired);
  CHECK(read.nondeterministic == written.nondeterministic);
  CHECK(read.drift == written.drift);
  CHECK(read.unsafe == written.unsafe);
  CHECK(read.error == written.error);
  CHECK(read.seconds == written.seconds);
  CHECK(read.verdicts == written.verdicts);
  REQUIRE(read.points.size() == written.points.size());
  for (std::size_t i = 0; i < read.points.size(); ++i) {
    CHECK(same(read.points[i], written.points[i]));
  }
  check_same(read.findings, written.findings);
  check_same(read.unconfirmed, written.unconfirmed);
  check_same(read.suppressed, written.suppressed);
  CHECK(read.json() == written.json());
}

TEST_CASE("the keys of schema 1 are there, as published") {
  const std::string text = sample_sweep().json();
  for (const char* part : {"{\"schema\": 1,",
                           "\"target\": \"parser\"",
                           "\"program\": [\"./parser\",\"--in\",\"a b.xml\"]",
                           "\"complete\": false",
                           "\"shard\": \"1/1\"",
                           "\"mode\": \"all-after\"",
                           "\"allocations\": 7",
                           "\"injected\": 6",
                           "\"snapshots\": 4",
                           "\"replays\": 2",
                           "\"never_fired\": 1",
                           "\"nondeterministic\": true",
                           "\"seconds\": 1.25",
                           "\"clean\":1,\"tolerated\":1",
                           "{\"n\":1,\"stack_id\":\"000000000000000a\",\"verdict\":\"clean\"",
                           "{\"verdict\":\"crash\",\"allocation\":3,\"occurrence\":2",
                           "\"stack_id\":\"00000000deadbee7\",\"confirmed\":true",
                           "\"signal\":\"SIGSEGV\"",
                           "\"stack\":[\"grow (table.c:71)\"",
                           "\"replay\":\"mallocspy fail --nth 3 -- ./parser"}) {
    INFO(part);
    CHECK(text.find(part) != std::string::npos);
  }
}

TEST_CASE("each finding and each point has a line of its own") {
  std::istringstream text(sample_sweep().json());
  std::string line;
  int points = 0;
  int findings = 0;
  while (std::getline(text, line)) {
    points += line.rfind("  {\"n\":", 0) == 0 ? 1 : 0;
    findings += line.rfind("  {\"verdict\":", 0) == 0 ? 1 : 0;
  }
  CHECK(points == 7);
  CHECK(findings == 3);
}

TEST_CASE("bytes that are no UTF-8, quotes and control characters do no harm") {
  sweep_result odd = sample_sweep();
  odd.program = {"./caf\xE9", "\xFF\xFE", "tab\there", "quote\"\\"};
  odd.findings[0].stack = {"f\x80 (\xC3.c:1)"};
  const sweep_result read = read_sweep(odd.json(), "x");
  CHECK(read.program ==
        std::vector<std::string>{"./caf\xEF\xBF\xBD", "\xEF\xBF\xBD\xEF\xBF\xBD", "tab\there", "quote\"\\"});
  CHECK(read.findings[0].stack[0] == "f\xEF\xBF\xBD (\xEF\xBF\xBD.c:1)");
}

TEST_CASE("seconds that are no number are written as one") {
  sweep_result odd = sample_sweep();
  odd.seconds = 0.0 / (odd.seconds - 1.25);
  CHECK(read_sweep(odd.json(), "x").seconds == 0);
}

TEST_CASE("unknown keys are passed over, and keys that came later may be missing") {
  const std::string text = R"({"schema":1,"mode":"once","allocations":2,"from_the_future":{"a":[1]},
    "points":[{"n":1,"stack_id":"a","verdict":"crash","mood":"bad"},{"n":2,"stack_id":"b","verdict":"clean"}],
    "findings":[{"verdict":"crash","allocation":1,"stack_id":"a"}]})";
  std::istringstream in(text);
  const sweep_result read = read_sweep(in, "x");
  CHECK(read.allocations == 2);
  CHECK(read.shard == "1/1");
  CHECK(read.count(verdict::crash) == 1);
  CHECK(read.count(verdict::clean) == 1);
  CHECK(read.findings[0].points == 1);
}

TEST_CASE("a broken file gets one clear line that names it") {
  const std::string good = sample_sweep().json();
  CHECK(message_of(good) == "no error");
  CHECK(message_of("") == "sweep.json: is empty");
  CHECK(message_of(good.substr(0, good.size() / 2)) == "sweep.json: is no JSON, or ends in the middle");
  CHECK(message_of("[1,2]") == "sweep.json: is no report of a sweep");
  CHECK(message_of("{\"schema\":1}") == "sweep.json: is no report of a sweep");
  CHECK(message_of(with(good, "\"schema\": 1", "\"schema\": 2")) ==
        "sweep.json: has schema 2; this program reads schema 1");
  CHECK(message_of(with(good, "\"allocations\": 7", "\"allocations\": -7")) ==
        "sweep.json: is no report of a sweep: \"allocations\" should be a whole number from 0 up");
  CHECK(message_of(with(good, "\"allocations\": 7", "\"allocation\": 7")) ==
        "sweep.json: is no report of a sweep: \"allocations\" is missing");
  CHECK(message_of(with(good, "\"mode\": \"all-after\"", "\"mode\": \"never\"")) ==
        "sweep.json: is no report of a sweep: \"mode\" is \"never\"");
  CHECK(message_of(with(good, "\"verdict\":\"clean\"", "\"verdict\":\"spotless\"")) ==
        "sweep.json: is no report of a sweep: \"verdict\" is \"spotless\"");
  CHECK(message_of(with(good, "\"program\": [\"./parser\"", "\"program\": [3")) ==
        "sweep.json: is no report of a sweep: \"program\" should be a list of strings");
  CHECK(message_of(with(good, "\"points\": [", "\"points\": [7,")) ==
        "sweep.json: is no report of a sweep: \"points\" should be a list of objects");
}

TEST_CASE("signals have names, and those without one a number") {
  CHECK(signal_name(SIGSEGV) == "SIGSEGV");
  CHECK(signal_name(0).empty());
  for (int i = 1; i <= 64; ++i) {
    CHECK(signal_number(signal_name(i)) == i);
  }
  CHECK(signal_number("SIGNAL") == 0);
}
