// SPDX-License-Identifier: MIT
// The command on programs of the distribution, which know nothing of it.
#include "support/catch.hpp"
#include "testing/report/sweep_json.hpp"
#include "tool/shell.hpp"

#include <csignal>
#include <filesystem>
#include <map>
#include <sys/types.h>
#include <unistd.h>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

// What is in a folder: names and contents.
std::map<std::string, std::string> contents_of(const std::string& folder) {
  std::map<std::string, std::string> contents;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) {
      contents[entry.path().string()] = content_of(entry.path().string());
    }
  }
  return contents;
}

struct swept {
  int status;
  std::string err;
  sweep_result result;
};

// Sweeps in a folder, and sees that all that was in it is as it was, and that no process is left.
swept sweep(const temporary_folder& folder, const std::string& options, const std::string& program) {
  const auto before = contents_of(folder.path());
  const temporary_folder reports;
  const std::string json = reports / "sweep.json";
  const shell_result r =
      shell("cd " + folder.path() + " && " MALLOCSPY_COMMAND " sweep " + options + " --json " + json + " -- " + program);
  INFO(r.err);
  INFO(r.out);
  CHECK(contents_of(folder.path()) == before);
  REQUIRE(std::filesystem::exists(json));
  return {r.status, r.err, testing_detail::read_sweep(content_of(json), json)};
}

void check_sound(const swept& s) {
  INFO(s.result.text());
  CHECK(s.result.error.empty());
  CHECK(s.result.complete);
  CHECK(s.result.allocations > 0);
  CHECK(s.result.injected == s.result.allocations);
  CHECK(s.result.never_fired == 0);
  CHECK(s.result.count(verdict::untested) == 0);
  CHECK(s.status == (s.result.findings.empty() ? 0 : 1));
}

// Whether a process has this text in its command line. Not the shell that looks.
bool is_running(const std::string& text) {
  return shell("pgrep -f '[" + text.substr(0, 1) + "]" + text.substr(1) + "'").status == 0;
}

// The replay command of a finding, run as it stands.
shell_result repeat(const temporary_folder& folder, const sweep_finding& finding) {
  REQUIRE(finding.replay.rfind("mallocspy ", 0) == 0);
  return shell("cd " + folder.path() + " && " MALLOCSPY_COMMAND + finding.replay.substr(9));
}

} // namespace

TEST_CASE("sort: each allocation, and with a file for its output") {
  const temporary_folder folder;
  folder.write("in", "pear\napple\nfig\n");
  const swept s = sweep(folder, "", "sort in");
  check_sound(s);
  INFO(s.result.text());
  CHECK(s.result.snapshots > s.result.replays);
}

TEST_CASE("sort with temporary files leaves none, and the output file is not made") {
  const temporary_folder folder;
  std::string text;
  for (int i = 0; i < 3000; ++i) {
    text += std::to_string((i * 7919) % 3001) + " a line of some length\n";
  }
  folder.write("in", text);
  const swept s = sweep(folder, "--unique --limit 40", "sort -S 32k -T . -o out in");
  INFO(s.result.text());
  CHECK(s.result.error.empty());
  CHECK(s.result.injected == 40);
  CHECK(s.result.replays > 0); // those that come after it has made its first temporary file
}

TEST_CASE("sqlite3 on a database file: the user's file stays as it is") {
  if (!has_program("sqlite3")) {
    return;
  }
  const temporary_folder folder;
  REQUIRE(shell("sqlite3 " + (folder / "a.db") + " 'create table t(a); insert into t values (1)'").status == 0);
  const swept s = sweep(folder, "--limit 60", "sqlite3 a.db 'insert into t values (2); select count(*) from t'");
  INFO(s.result.text());
  CHECK(s.result.error.empty());
  CHECK(s.result.injected == 60);
}

TEST_CASE("a program that deletes its input when it fails deletes a copy") {
  const temporary_folder folder;
  folder.write("in", "keep me");
  folder.write("careless.c", R"(#include <stdio.h>
#include <stdlib.h>
int main(void) {
  char* block = malloc(71);
  if (block == NULL) {
    remove("in");
    return 3;
  }
  free(block);
  return 0;
})");
  REQUIRE(shell("cc -O0 -o " + (folder / "careless") + " " + (folder / "careless.c")).status == 0);
  const swept s = sweep(folder, "", "./careless");
  check_sound(s);
  CHECK(s.result.allocations == 1);
  CHECK(s.result.replays == 1);
  CHECK(s.result.count(verdict::clean) == 1);
}

TEST_CASE("findings: the verdicts, their places, and the commands that repeat them") {
  const temporary_folder folder;
  folder.write("wrong.c", R"(#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(void) {
  char* kept = malloc(53);
  if (kept == NULL) return 2;
  strcpy(kept, "first");
  char* line = malloc(67);
  printf("%s\n", line == NULL ? "" : kept);
  char* more = malloc(91);
  more[0] = 'x';
  char* last = malloc(97);
  if (last == NULL) { kept = NULL; return 2; }
  free(last);
  free(more);
  free(line);
  free(kept);
  return 0;
})");
  REQUIRE(shell("cc -g -O0 -o " + (folder / "wrong") + " " + (folder / "wrong.c")).status == 0);
  const swept s = sweep(folder, "", "./wrong");
  check_sound(s);
  REQUIRE(s.result.findings.size() == 3);
  const sweep_finding& crash = s.result.findings[0];
  CHECK(crash.what == verdict::crash);
  CHECK(crash.signal == SIGSEGV);
  CHECK(crash.stack.at(0).find("wrong.c:10") != std::string::npos);
  CHECK(crash.other.at(0).find("wrong.c:11") != std::string::npos);
  CHECK(repeat(folder, crash).status == 128 + SIGSEGV);
  const sweep_finding& leak = s.result.findings[1];
  CHECK(leak.what == verdict::leak);
  CHECK(leak.stack.at(0).find("wrong.c:12") != std::string::npos);
  CHECK(leak.other.at(0).find("wrong.c:") != std::string::npos); // all that main() held
  const sweep_finding& silent = s.result.findings[2];
  CHECK(silent.what == verdict::silent);
  CHECK(silent.stack.at(0).find("wrong.c:8") != std::string::npos);
  CHECK(repeat(folder, silent).out == "\n");
  CHECK(s.result.count(verdict::clean) == 1 + 0);

  // By stack and occurrence, as by number.
  CHECK(shell("cd " + folder.path() + " && " MALLOCSPY_COMMAND " fail --stack " + crash.stack_id + " --occurrence " +
              std::to_string(crash.occurrence) + " -- ./wrong")
            .status == 128 + SIGSEGV);
}

TEST_CASE("programs of the distribution: every allocation once") {
  const temporary_folder folder;
  folder.write("a.xml", "<a><b c='1'>text</b></a>");
  folder.write("a.json", "{\"a\":[1,2,{\"b\":null}]}");
  folder.write("a.lua", "local t={} for i=1,50 do t[i]=tostring(i) end print(table.concat(t,','))");
  folder.write("in", "one two\nthree four\n");
  const struct {
    const char* program;
    const char* options;
    const char* words;
  } programs[] = {
      {"xmllint", "", "xmllint --format a.xml"},
      {"jq", "--unique --limit 150 --abort-is-fine", "jq .a a.json"},
      {"gawk", "--limit 150", "gawk '{ print $2 }' in"},
      {"lua5.4", "", "lua5.4 a.lua"},
      {"sqlite3", "--limit 150", "sqlite3 :memory: 'select 1'"},
      {"cmake", "--unique --limit 60", "cmake -E echo hello"}, // C++
  };
  for (const auto& p : programs) {
    if (!has_program(p.program)) {
      continue;
    }
    CAPTURE(p.words);
    const swept s = sweep(folder, p.options, p.words);
    INFO(s.result.text());
    CHECK(s.result.error.empty());
    CHECK(s.result.injected > 0);
    CHECK(s.result.never_fired == 0);
    CHECK(s.result.count(verdict::hang) == 0);
  }
}

TEST_CASE("a program with threads is replayed, and that is said") {
  const temporary_folder folder;
  folder.write("in", std::string(200000, 'x'));
  folder.write("threads.c", R"(#include <pthread.h>
#include <stdlib.h>
static void* work(void* p) {
  free(malloc(33));
  return p;
}
int main(void) {
  pthread_t thread;
  if (pthread_create(&thread, 0, work, 0) != 0) return 1;
  pthread_join(thread, 0);
  return 0;
})");
  REQUIRE(shell("cc -O0 -o " + (folder / "threads") + " " + (folder / "threads.c") + " -lpthread").status == 0);
  const swept own = sweep(folder, "", "./threads");
  check_sound(own);
  CHECK(own.result.unsafe.find("threads") != std::string::npos);

  const swept s = sweep(folder, "--limit 12 --timeout 2", "xz -T2 -0 -c in");
  INFO(s.result.text());
  CHECK(s.result.error.empty());
  CHECK(s.result.injected == 12);
}

TEST_CASE("standard input from a pipe is kept for each run") {
  const temporary_folder folder;
  const shell_result r =
      shell("cd " + folder.path() + " && printf 'b\\na\\n' | " MALLOCSPY_COMMAND " sweep --limit 5 --json - -- sort");
  CHECK((r.status == 0 || r.status == 1));
  const sweep_result result = testing_detail::read_sweep(r.out, "output");
  CHECK(result.injected == 5);
  CHECK(shell("yes | " MALLOCSPY_COMMAND " sweep --stdin-limit 1000 -- sort").status == 2);
}

TEST_CASE("shards cover all points once") {
  const temporary_folder folder;
  folder.write("in", "b\na\n");
  const swept whole = sweep(folder, "", "sort in");
  std::uint64_t injected = 0;
  for (const char* shard : {"1/3", "2/3", "3/3"}) {
    injected += sweep(folder, std::string("--shard ") + shard, "sort in").result.injected;
  }
  CHECK(injected == whole.result.injected);
}

TEST_CASE("include and exclude choose points by function and module") {
  const temporary_folder folder;
  folder.write("in", "b\na\n");
  const swept some = sweep(folder, "--include setlocale", "sort in");
  const swept others = sweep(folder, "--exclude setlocale", "sort in");
  CHECK(some.result.injected > 0);
  CHECK(others.result.injected > 0);
  CHECK(some.result.injected + others.result.injected == some.result.allocations);
}

TEST_CASE("an interruption leaves no process, and tells what was found") {
  const temporary_folder folder;
  const std::string sleeps = "sleep 1000." + std::to_string(::getpid()); // nobody else's
  const shell_result r = shell("cd " + folder.path() + " && { " MALLOCSPY_COMMAND " sweep -- sh -c '" + sleeps +
                               "' & pid=$!; sleep 1; kill -INT $pid; wait $pid; }");
  CHECK(r.status == 2);
  CHECK(r.err.find("interrupted") != std::string::npos);
  CHECK_FALSE(is_running(sleeps));
}

TEST_CASE("an interruption in the middle shows what was found so far") {
  const temporary_folder folder;
  folder.write("long.c", R"(#include <stdlib.h>
int main(void) {
  for (int i = 0; i < 20000; ++i) {
    volatile char* block = malloc(57);
    block[0] = 1;
    free((void*)block);
  }
  return 0;
})");
  REQUIRE(shell("cc -O0 -o " + (folder / "long") + " " + (folder / "long.c")).status == 0);
  const shell_result r =
      shell("cd " + folder.path() +
            " && { " MALLOCSPY_COMMAND " sweep -- $PWD/long & pid=$!; sleep 3; kill -INT $pid; wait $pid; }");
  INFO(r.err);
  INFO(r.out);
  CHECK(r.status == 2);
  CHECK(r.out.find("interrupted") != std::string::npos);
  CHECK(r.out.find("crash") != std::string::npos);
  CHECK_FALSE(is_running(folder / "long"));
}

TEST_CASE("resume goes on where the last sweep ended") {
  const temporary_folder folder;
  folder.write("in", "b\na\n");
  const temporary_folder reports;
  const std::string state = reports / "state.json";
  const swept first = sweep(folder, "--limit 20 --resume " + state, "sort in");
  CHECK(first.result.injected == 20);
  CHECK_FALSE(first.result.complete);
  const swept second = sweep(folder, "--resume " + state, "sort in");
  INFO(second.result.text());
  CHECK(second.result.complete);
  CHECK(second.result.count(verdict::untested) == 0);
  CHECK(second.result.injected < second.result.allocations);
}
