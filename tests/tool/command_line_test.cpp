// SPDX-License-Identifier: MIT
#include "tool/command_line/command_line.hpp"

#include "support/catch.hpp"

#include <limits>

using namespace mallocspy;
using namespace mallocspy::tool;

namespace {

using words = std::vector<std::string>;

template <class Command> Command parsed(const words& line) {
  invocation result = parse_command_line(line);
  if (const auto* said = std::get_if<answer>(&result)) {
    FAIL(said->err);
  }
  REQUIRE(std::holds_alternative<Command>(result));
  return std::get<Command>(std::move(result));
}

std::string refused(const words& line) {
  invocation result = parse_command_line(line);
  REQUIRE(std::holds_alternative<answer>(result));
  const answer& said = std::get<answer>(result);
  CHECK(said.status == 2);
  CHECK(said.out.empty());
  CHECK(said.err.find('\n') == said.err.size() - 1); // one line
  return said.err;
}

bool says(const std::string& text, const std::string& part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("the program begins behind -- or with the first word that is no option") {
  CHECK(parsed<sweep_command>({"sweep", "--", "p", "-x", "--mode"}).program.words == words{"p", "-x", "--mode"});
  CHECK(parsed<sweep_command>({"sweep", "p", "-x", "--unique"}).program.words == words{"p", "-x", "--unique"});
  CHECK_FALSE(parsed<sweep_command>({"sweep", "p", "-x", "--unique"}).sweep.unique);
  CHECK(parsed<sweep_command>({"sweep", "--unique", "p"}).sweep.unique);
  CHECK(parsed<sweep_command>({"sweep", "-j", "3", "p", "4"}).program.words == words{"p", "4"});
  CHECK(parsed<run_command>({"run", "p", "--", "x"}).program.words == words{"p", "--", "x"});
  CHECK(parsed<run_command>({"run", "--", "p", "--", "x"}).program.words == words{"p", "--", "x"});
  CHECK(parsed<run_command>({"run", "--", "-p"}).program.words == words{"-p"});
  // Names of verbs and options are nothing special there.
  CHECK(parsed<run_command>({"run", "sweep", "--help"}).program.words == words{"sweep", "--help"});
  CHECK(parsed<run_command>({"run", "--", "report", "--version"}).program.words == words{"report", "--version"});
  CHECK(parsed<run_command>({"run", "p", "", "-"}).program.words == words{"p", "", "-"});
}

TEST_CASE("options of run") {
  const auto usual = parsed<run_command>({"run", "p"});
  CHECK(usual.leaks);
  CHECK_FALSE(usual.guard);
  CHECK_FALSE(usual.events);
  CHECK_FALSE(usual.error_exit_code.has_value());
  const auto some = parsed<run_command>({"run", "--spy", "guard,stats", "--error-exitcode", "27", "--output=f", "--follow",
                                         "a", "--follow", "b", "--depth", "7", "--colour", "never", "p"});
  CHECK_FALSE(some.leaks);
  CHECK(some.guard);
  CHECK(some.statistics);
  CHECK(some.error_exit_code == 27);
  CHECK(some.output == "f");
  CHECK(some.depth == 7);
  CHECK(some.program.follow == words{"a", "b"});
  CHECK(some.program.words == words{"p"});
  CHECK(some.colours == colour_choice::never);
  CHECK(parsed<run_command>({"run", "--spy", "trace", "p"}).events);
  const auto traced = parsed<run_command>({"run", "--trace", "t", "p"});
  CHECK(traced.events);
  CHECK(traced.leaks);
  CHECK(traced.trace == "t");
}

TEST_CASE("options of fail") {
  const auto plan =
      parsed<fail_command>({"fail", "-n", "7", "--mode", "in-a-row", "--count", "3", "--size", "100..4k", "p"});
  CHECK(plan.nth == 7);
  CHECK(plan.mode == sweep_mode::in_a_row);
  CHECK(plan.count == 3);
  CHECK(plan.smallest == 100);
  CHECK(plan.largest == 4096);
  const auto by_stack = parsed<fail_command>({"fail", "--stack", "0123456789abcdef", "--occurrence", "2", "p"});
  CHECK(by_stack.stack == "0123456789abcdef");
  CHECK(by_stack.occurrence == 2);
  const auto random = parsed<fail_command>({"fail", "--rate", "0.25", "--seed", "53", "p"});
  CHECK(random.rate == 0.25);
  CHECK(random.seed == 53);
  CHECK(parsed<fail_command>({"fail", "--budget", "3M", "p"}).budget == std::uint64_t{3} << 20);
  CHECK(parsed<fail_command>({"fail", "--budget", "3M", "p"}).mode == sweep_mode::once);
  CHECK(parsed<fail_command>({"fail", "--nth", "7", "--budget", "3M", "p"}).mode == sweep_mode::budget);
  says(refused({"fail", "--nth", "7", "--budget", "3M", "--mode", "all-after", "p"}), "--mode");
  const auto open_range = parsed<fail_command>({"fail", "--size", "27..", "p"});
  CHECK(open_range.smallest == 27);
  CHECK(open_range.largest == std::numeric_limits<std::uint64_t>::max());
  says(refused({"fail", "--nth", "7", "--rate", "0.5", "p"}), "--rate");
  says(refused({"fail", "--occurrence", "2", "p"}), "--stack");
  says(refused({"fail", "--nth", "0", "p"}), "must be at least 1");
  says(refused({"fail", "--rate", "1.5", "p"}), "must be from 0 to 1");
  says(refused({"fail", "--rate", "nan", "p"}), "must be from 0 to 1");
  says(refused({"fail", "--size", "9..3", "p"}), "'9..3' is no range of bytes");
  says(refused({"fail", "--size", "..", "p"}), "is no range of bytes");
  says(refused({"fail", "--mode", "budget", "p"}), "--mode");
}

TEST_CASE("options of sweep") {
  const auto usual = parsed<sweep_command>({"sweep", "p"});
  CHECK(usual.sweep.mode == sweep_mode::once);
  CHECK(usual.sweep.abort_is_crash);
  CHECK(usual.sweep.look_for_leaks);
  CHECK(usual.sweep.prime_with_error);
  CHECK(usual.sweep.timeout.count() == 0);
  const auto some =
      parsed<sweep_command>({"sweep",      "--mode",       "all-after",  "--jobs",    "3",          "--timeout",
                             "0.25",       "--for",        "90",         "--limit",   "17",         "--shard",
                             "2/5",        "--include",    "a*",         "--include", "b",          "--exclude",
                             "c",          "--json",       "-",          "--html",    "h",          "--abort-is-fine",
                             "--no-leaks", "--no-priming", "--no-guard", "--replay",  "--in-place", "--stdin-limit",
                             "5k",         "--resume",     "r",          "p"});
  CHECK(some.sweep.mode == sweep_mode::all_after);
  CHECK(some.sweep.jobs == 3);
  CHECK(some.sweep.timeout.count() == 250);
  CHECK(some.sweep.stop_after.count() == 90000);
  CHECK(some.sweep.limit == 17);
  CHECK(some.sweep.shard == 2);
  CHECK(some.sweep.shards == 5);
  CHECK(some.include == words{"a*", "b"});
  CHECK(some.exclude == words{"c"});
  CHECK(some.files.json == "-");
  CHECK(some.files.html == "h");
  CHECK_FALSE(some.sweep.abort_is_crash);
  CHECK_FALSE(some.sweep.look_for_leaks);
  CHECK_FALSE(some.sweep.look_for_damage);
  CHECK_FALSE(some.sweep.prime_with_error);
  CHECK(some.sweep.always_replay);
  CHECK(some.in_place);
  CHECK(some.stdin_limit == 5120);
  CHECK(some.sweep.resume == "r");
  for (const char* shard : {"0/3", "4/3", "3", "/", "1/", "/2", "a/b", "-1/2", "1/2/3", "1/99999999999"}) {
    says(refused({"sweep", "--shard", shard, "p"}), std::string("'") + shard + "' is no part");
  }
  for (const char* time : {"0", "-1", "soon", "inf", "1e99", ""}) {
    INFO(time);
    says(refused({"sweep", "--timeout", time, "p"}), "is no time in seconds");
  }
  says(refused({"sweep", "--jobs", "0", "p"}), "must be from 1 to 1024");
  says(refused({"sweep", "--jobs", "-3", "p"}), "--jobs");
  says(refused({"sweep", "--mode", "twice", "p"}), "twice");
  for (const char* bytes : {"27x", "k", "99999999999999999999", "99999999999G"}) {
    says(refused({"sweep", "--stdin-limit", bytes, "p"}), "is no number of bytes");
  }
}

TEST_CASE("options of report") {
  const auto c = parsed<report_command>({"report", "a.json", "b.json", "--baseline", "old.json", "--fail-on", "new", "-q",
                                         "--collapsed", "x", "--value", "live-bytes"});
  CHECK(c.files == words{"a.json", "b.json"});
  CHECK(c.baseline == "old.json");
  CHECK(c.fails == fail_on::new_findings);
  CHECK(c.quiet);
  CHECK(c.value == trace_value::live_bytes);
  CHECK(parsed<report_command>({"report", "a"}).fails == fail_on::findings);
  CHECK(parsed<report_command>({"report", "a"}).value == trace_value::allocated_bytes);
  says(refused({"report"}), "mallocspy report: ");
  says(refused({"report", "a", "--", "p"}), "takes no program");
  says(refused({"report", "--nothing-of-that-kind", "a"}), "--nothing-of-that-kind");
}

TEST_CASE("a command line that cannot be understood gets one line that names the verb's help") {
  CHECK(refused({"sweep", "--jbos", "3", "p"}) ==
        "mallocspy sweep: there is no option --jbos; see mallocspy sweep --help\n");
  CHECK(refused({"sweep"}) == "mallocspy sweep: no program is named; see mallocspy sweep --help\n");
  CHECK(refused({"sweep", "--"}) == "mallocspy sweep: no program is named; see mallocspy sweep --help\n");
  CHECK(refused({"sweep", "--", ""}) == "mallocspy sweep: no program is named; see mallocspy sweep --help\n");
  says(refused({"swep", "p"}), "mallocspy: ");
  says(refused({"run", "--spy", "leaks,bond", "p"}), "'bond' is none of leaks, guard, stats, trace");
  says(refused({"run", "--output", "", "p"}), "must not be empty");
  says(refused({"run", "--error-exitcode", "256", "p"}), "must be from 0 to 255");
  says(refused({"run", "--depth"}), "--depth");
}

TEST_CASE("help and version are answered") {
  const auto said = [](const words& line) {
    invocation result = parse_command_line(line);
    REQUIRE(std::holds_alternative<answer>(result));
    CHECK(std::get<answer>(result).status == 0);
    CHECK(std::get<answer>(result).err.empty());
    return std::get<answer>(result).out;
  };
  says(said({"--version"}), "mallocspy 0.");
  for (const char* verb : {"run", "fail", "sweep", "report"}) {
    says(said({"--help"}), std::string("mallocspy ") + verb + " [OPTION ...] ");
    says(said({verb, "--help"}), std::string("Usage: mallocspy ") + verb);
  }
  says(said({"sweep", "-h"}), "--jobs N");
  CHECK(said({"--help"}).find("generate") == std::string::npos);
  // Without a word the help comes, but on standard error: nothing was done.
  invocation nothing = parse_command_line({});
  CHECK(std::get<answer>(nothing).status == 2);
  CHECK(std::get<answer>(nothing).err == said({"--help"}));
}
