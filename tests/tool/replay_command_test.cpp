// SPDX-License-Identifier: MIT
// The command that a finding names does what it should: it is read back by a shell, and by the command line's parser.
#include "tool/verbs/replay_command.hpp"

#include "support/catch.hpp"
#include "tool/command_line/command_line.hpp"
#include "tool/report_samples.hpp"
#include "tool/shell.hpp"

using namespace mallocspy;
using namespace mallocspy::tool;
using namespace mallocspy::tests;

namespace {

using words = std::vector<std::string>;

words as_the_shell_reads(const std::string& line) {
  const shell_result printed = shell("printf '%s\\0' " + line);
  CHECK(printed.err.empty());
  words out;
  for (std::size_t at = 0; at < printed.out.size();) {
    const std::size_t end = printed.out.find('\0', at);
    out.push_back(printed.out.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

fail_command repeated(const sweep_command& sweep, const sweep_finding& finding, replay_by how = replay_by::number) {
  words line = as_the_shell_reads(replay_command(sweep, finding, how));
  REQUIRE(line.size() > 2);
  CHECK(line[0] == "mallocspy");
  line.erase(line.begin());
  invocation result = parse_command_line(line);
  REQUIRE(std::holds_alternative<fail_command>(result));
  return std::get<fail_command>(result);
}

} // namespace

TEST_CASE("words survive the shell, whatever is in them") {
  const words odd = {"a",           "",   "two words",   "it's", "\"", "$HOME `x` \\ * ? ; & | < > ( ) { } ! # ~",
                     "line\nbreak", "-x", "caf\xC3\xA9", "\xFF"};
  CHECK(as_the_shell_reads(shell_line(odd)) == odd);
  CHECK(shell_line({"./p", "--in=x.xml", "a b"}) == "./p --in=x.xml 'a b'");
}

TEST_CASE("the command repeats the finding, in the mode of the sweep") {
  sweep_command sweep;
  sweep.program.words = {"./p", "--nth", "a b", "--"};
  sweep.program.follow = {"worker"};
  const sweep_finding finding = sample_crash();
  const fail_command once = repeated(sweep, finding);
  CHECK(once.nth == 3);
  CHECK(once.mode == sweep_mode::once);
  CHECK(once.program.words == sweep.program.words);
  CHECK(once.program.follow == words{"worker"});
  const fail_command by_stack = repeated(sweep, finding, replay_by::stack);
  CHECK(by_stack.nth == 0);
  CHECK(by_stack.stack == crash_stack);
  CHECK(by_stack.occurrence == 2);
  sweep.sweep.mode = sweep_mode::all_after;
  CHECK(repeated(sweep, finding).mode == sweep_mode::all_after);
  sweep.sweep.mode = sweep_mode::in_a_row;
  sweep.sweep.in_a_row = 5;
  CHECK(repeated(sweep, finding).mode == sweep_mode::in_a_row);
  CHECK(repeated(sweep, finding).count == 5);
  sweep.sweep.mode = sweep_mode::budget;
  sweep.sweep.budget = 5003;
  CHECK(repeated(sweep, finding).mode == sweep_mode::budget);
  CHECK(repeated(sweep, finding).budget == 5003U);
}
