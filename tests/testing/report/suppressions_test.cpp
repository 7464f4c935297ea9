// SPDX-License-Identifier: MIT
#include "testing/report/suppressions.hpp"

#include "support/catch.hpp"

#include <sstream>
#include <stdexcept>

using namespace mallocspy;
using namespace mallocspy::testing_detail;

namespace {

suppressions from(const std::string& text) {
  std::istringstream in(text);
  return suppressions::from_stream(in, "expected.txt");
}

std::string message_of(const std::string& text) {
  try {
    from(text);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "no error";
}

const std::vector<frame_names> stack = {{"ns::parse_name(char const*) (parse.cpp:12)", "/usr/lib/libfoo.so.1"},
                                        {"main", "/opt/prog"}};

bool expects(const std::string& text, verdict what = verdict::leak) {
  return from(text).match(what, "0123456789abcdef", stack) != nullptr;
}

} // namespace

TEST_CASE("a line names a verdict and patterns for any frame") {
  CHECK(expects("leak fun:ns::parse_*"));
  CHECK(expects("leak fun:ns::parse_name"));
  CHECK(expects("leak fun:main"));
  CHECK(expects("leak mod:libfoo*"));
  CHECK(expects("leak mod:prog"));
  CHECK(expects("leak fun:main mod:libfoo*"));
  CHECK(expects("leak stack:0123456789abcdef"));
  CHECK(expects("* fun:mai?"));
  CHECK(expects("\t leak \t fun:main  \r"));
}

TEST_CASE("what does not match is no expected finding") {
  CHECK_FALSE(expects("crash fun:main"));
  CHECK_FALSE(expects("leak fun:parse_name")); // the scope belongs to the name
  CHECK_FALSE(expects("leak fun:main mod:libbar*"));
  CHECK_FALSE(expects("leak mod:/usr/lib/libfoo.so.1")); // base names only
  CHECK_FALSE(expects("leak stack:0123"));
  CHECK_FALSE(expects("* fun:main", verdict::clean)); // a clean point is no finding
  CHECK_FALSE(expects(""));
  CHECK(from("").empty());
}

TEST_CASE("functions with arguments and templates are named with and without them") {
  const std::vector<frame_names> odd = {{"operator()(int) const (a.cpp:1)", ""},
                                        {"std::vector<int, std::allocator<int> >::push_back(int&&)", ""}};
  const auto one = [&odd](const char* line) { return from(line).match(verdict::leak, "", odd) != nullptr; };
  CHECK(one("leak fun:operator()"));
  CHECK(one("leak fun:std::vector*::push_back"));
  CHECK(one("leak fun:*push_back(int&&)"));
  CHECK_FALSE(one("leak fun:push_back"));
}

TEST_CASE("the first line that matches is named") {
  const suppressions list = from("# known\n\nleak fun:other\nleak fun:main # by design\nleak mod:*\n");
  const std::string* line = list.match(verdict::leak, "", stack);
  REQUIRE(line != nullptr);
  CHECK(*line == "leak fun:main");
}

TEST_CASE("a line that cannot be understood is named by file and number") {
  CHECK(message_of("# fine\n\nleek fun:main\n") ==
        "expected.txt:3: 'leek' is no verdict: crash, corrupt, hang, leak, silent or *");
  CHECK(message_of("clean fun:main") == "expected.txt:1: 'clean' is no verdict: crash, corrupt, hang, leak, silent or *");
  CHECK(message_of("leak") == "expected.txt:1: no pattern behind 'leak': fun:..., mod:... or stack:...");
  CHECK(message_of("leak main") == "expected.txt:1: 'main' is no pattern: fun:..., mod:... or stack:...");
  CHECK(message_of("leak fun:") == "expected.txt:1: 'fun:' is no pattern: fun:..., mod:... or stack:...");
  CHECK(message_of("leak fun:a\nleak obj:b") == "expected.txt:2: 'obj:b' is no pattern: fun:..., mod:... or stack:...");
  CHECK_THROWS_WITH(suppressions::from_file("/nonexistent/expected.txt"),
                    "/nonexistent/expected.txt: cannot be read: No such file or directory");
}
