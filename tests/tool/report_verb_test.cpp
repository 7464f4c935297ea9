// SPDX-License-Identifier: MIT
// `mallocspy report`, the program itself: what it prints, writes and returns.
#include "support/catch.hpp"
#include "tool/report_samples.hpp"
#include "tool/shell.hpp"

#include <mallocspy/spies/trace.hpp>
#include <mallocspy/task/task.hpp>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

bool has(const std::string& text, const std::string& part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
  return text.find(part) != std::string::npos;
}

void record_trace(const std::string& path) {
  trace spy(path.c_str());
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  CoTaskMemFree(CoTaskMemAlloc(27));
  void* kept = CoTaskMemAlloc(53);
  spy.flush();
  CoTaskMemFree(kept);
  CHECK(CoRevokeMallocSpy() == S_OK);
}

} // namespace

TEST_CASE("report prints a sweep, and its exit status says whether there are findings") {
  const temporary_folder folder;
  const std::string path = folder.write("sweep.json", sample_sweep().json());
  const shell_result all = shell("mallocspy report " + path);
  CHECK(all.status == 1);
  CHECK(all.out == sample_sweep().text());
  CHECK(all.err.empty());
  CHECK(shell("mallocspy report --fail-on nothing " + path).status == 0);
  CHECK(shell("mallocspy report -q " + path).out.empty());
  CHECK(has(shell("mallocspy report --colour always " + path).out, "\033[1;31m"));
  sweep_result clean = sample_sweep();
  clean.findings.clear();
  CHECK(shell("mallocspy report " + folder.write("clean.json", clean.json())).status == 0);
  clean.error = "no spy could be registered";
  CHECK(shell("mallocspy report " + folder.write("error.json", clean.json())).status == 2);
}

TEST_CASE("report puts parts together and writes every format") {
  const temporary_folder folder;
  const std::string files =
      folder.write("1.json", part_of_sweep(1, 2).json()) + " " + folder.write("2.json", part_of_sweep(2, 2).json());
  const shell_result all = shell("mallocspy report " + files + " --json " + (folder / "all.json") + " --junit " +
                                 (folder / "all.xml") + " --html " + (folder / "all.html"));
  CHECK(all.status == 1);
  has(all.out, "6 allocations, 6 made to fail");
  const sweep_result whole = testing_detail::read_sweep(content_of(folder / "all.json"), "all.json");
  CHECK(whole.complete);
  CHECK(whole.findings.size() == 2);
  has(content_of(folder / "all.xml"), "<testsuite name=\"mallocspy sweep of p\"");
  has(content_of(folder / "all.html"), "sweep of p</title>");
  const shell_result piped = shell("mallocspy report " + files + " --json -");
  CHECK(piped.out == whole.json());
}

TEST_CASE("report compares with a baseline, and fails on what is asked") {
  const temporary_folder folder;
  const std::string now = folder.write("now.json", sample_sweep().json());
  sweep_result before = sample_sweep();
  before.findings.pop_back();
  const std::string old = folder.write("old.json", before.json());
  const shell_result newer =
      shell("mallocspy report " + now + " --baseline " + old + " --fail-on new --json " + (folder / "out.json"));
  CHECK(newer.status == 1);
  has(newer.out, ": 1 new, 0 fixed, 1 unchanged\n");
  has(content_of(folder / "out.json"), "\"comparison\": {\"baseline\":");
  CHECK(testing_detail::read_sweep(content_of(folder / "out.json"), "x").findings.size() == 2);
  CHECK(shell("mallocspy report " + now + " --baseline " + now + " --fail-on new").status == 0);
  CHECK(shell("mallocspy report " + now + " --baseline " + now).status == 1);
  const shell_result alone = shell("mallocspy report " + now + " --fail-on new");
  CHECK(alone.status == 2);
  CHECK(alone.err == "mallocspy: --fail-on new needs --baseline\n");
}

TEST_CASE("report converts a trace") {
  const temporary_folder folder;
  const std::string path = folder / "trace";
  record_trace(path);
  const shell_result both = shell("mallocspy report " + path + " --pprof " + (folder / "p") + " --collapsed " +
                                  (folder / "c") + " --value allocated-bytes");
  CHECK(both.err.empty());
  CHECK(both.status == 0);
  has(both.out, " events, ");
  CHECK(content_of(folder / "p").size() > 27);
  const std::string collapsed = content_of(folder / "c");
  std::size_t sum = 0;
  for (std::size_t at = collapsed.find('\n'); at != std::string::npos; at = collapsed.find('\n', at + 1)) {
    sum += std::stoul(collapsed.substr(collapsed.rfind(' ', at)));
  }
  CHECK(sum == 80);
}

TEST_CASE("files that cannot be used get one clear line, and nothing is lost") {
  const temporary_folder folder;
  const std::string good = folder.write("good.json", sample_sweep().json());
  const auto refused = [](const std::string& command) {
    const shell_result r = shell("mallocspy report " + command);
    CHECK(r.status == 2);
    CHECK(r.out.empty());
    CHECK(r.err.find('\n') == r.err.size() - 1);
    return r.err;
  };
  CHECK(refused(folder / "none") == "mallocspy: " + (folder / "none") + ": cannot be read: No such file or directory\n");
  has(refused(folder.path()), "cannot be read");
  has(refused(folder.write("empty", "")), "is empty");
  has(refused(folder.write("cut.json", sample_sweep().json().substr(0, 400))),
      "cut.json: is no JSON, or ends in the middle");
  has(refused(folder.write("text", "hello")), "text");
  has(refused(good + " --pprof x"), "is no trace");
  has(refused(good + " " + good), "is there twice");
  has(refused(good + " --html " + (folder / "no/such")), "cannot be written: No such file");
  has(refused(good + " --baseline " + (folder / "none")), "none: cannot be read");
  record_trace(folder / "trace");
  has(refused((folder / "trace") + " --html x"), "is no report of a sweep");
  has(refused((folder / "trace") + " " + good), "one trace at a time");
  const shell_result full = shell("mallocspy report " + good + " >/dev/full");
  CHECK(full.status == 2);
  has(full.err, "standard output: cannot be written: No space left on device");
}
