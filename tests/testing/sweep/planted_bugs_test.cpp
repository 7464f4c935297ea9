// SPDX-License-Identifier: MIT
// A sweep finds each planted bug, with its verdict and at its line, and finds nothing in the corrected twins.
#include "blocks/build_kind.hpp"
#include "support/catch.hpp"
#include "testing/planted/planted.h"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <mallocspy/testing/sweep.hpp>
#include <string>

using namespace mallocspy;
using mallocspy::tests::sanitized;

namespace {

struct planted_bug {
  const char* source;
  int (*planted)();
  int (*corrected)();
  verdict expected;
  sweep_mode mode = sweep_mode::once;
  sweep_threads threads = sweep_threads::caller;
  int signal = 0;
};

const planted_bug bugs[] = {
    {"missing_check.c", missing_check_planted, missing_check_corrected, verdict::crash, sweep_mode::once,
     sweep_threads::caller, SIGSEGV},
    {"leak_on_error.c", leak_on_error_planted, leak_on_error_corrected, verdict::leak},
    {"silent_truncation.c", silent_truncation_planted, silent_truncation_corrected, verdict::silent},
    {"double_free.c", double_free_planted, double_free_corrected, verdict::corrupt},
    {"fallback_too_small.c", fallback_too_small_planted, fallback_too_small_corrected, verdict::corrupt},
    {"endless_retry.c", endless_retry_planted, endless_retry_corrected, verdict::hang, sweep_mode::all_after},
    {"failing_destructor.cpp", failing_destructor_planted, failing_destructor_corrected, verdict::crash, sweep_mode::once,
     sweep_threads::caller, SIGABRT},
    {"other_thread.cpp", other_thread_planted, other_thread_corrected, verdict::crash, sweep_mode::once,
     sweep_threads::caller_tree, SIGSEGV},
};

// returns: the line of a source that a comment marks; 0 without one
int planted_line(const char* source) {
  std::ifstream file(std::string(MALLOCSPY_PLANTED_FOLDER) + "/" + source);
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.find("/* planted */") != std::string::npos || line.find("// planted") != std::string::npos) {
      return number;
    }
  }
  return 0;
}

sweep_options options_for(const planted_bug& bug) {
  sweep_options options;
  options.name = bug.source;
  options.mode = bug.mode;
  options.threads = bug.threads;
  if (bug.expected == verdict::hang) {
    options.timeout = std::chrono::seconds(2);
  }
  return options;
}

bool names(const std::vector<std::string>& stack, const std::string& place) {
  return std::any_of(stack.begin(), stack.end(),
                     [&](const std::string& frame) { return frame.find(place) != std::string::npos; });
}

} // namespace

TEST_CASE("a sweep finds each planted bug at its line", "[testing][planted]") {
  for (const planted_bug& bug : bugs) {
    const int line = planted_line(bug.source);
    REQUIRE(line != 0);
    const sweep_result result = oom_sweep([&] { return bug.planted() != 0; }, options_for(bug));
    INFO(result.text());
    CHECK(result.error.empty());
    CHECK(result.complete);
    CHECK_FALSE(result.passed());
    CHECK(result.injected == result.allocations);
    CHECK(result.unconfirmed.empty());
    REQUIRE_FALSE(result.findings.empty());
    for (const sweep_finding& finding : result.findings) {
      // What a sanitizer finds first ends by its abort.
      const bool aborted = sanitized && finding.what == verdict::crash && finding.signal == SIGABRT;
      CHECK((finding.what == bug.expected || (aborted && bug.expected == verdict::corrupt)));
      CHECK(finding.confirmed);
      CHECK((finding.signal == bug.signal || aborted));
      CHECK(names(finding.stack, std::string(bug.source) + ":" + std::to_string(line)));
    }
  }
}

TEST_CASE("a sweep finds nothing in the corrected twins", "[testing][planted]") {
  for (const planted_bug& bug : bugs) {
    for (const sweep_mode mode : {sweep_mode::once, sweep_mode::all_after}) {
      sweep_options options = options_for(bug);
      options.mode = mode;
      const sweep_result result = oom_sweep([&] { return bug.corrected() != 0; }, options);
      INFO(result.text());
      CHECK(result.passed());
      CHECK(result.allocations > 0);
      CHECK(result.injected == result.allocations);
      CHECK(result.count(verdict::clean) + result.count(verdict::tolerated) == result.injected);
      CHECK(result.unconfirmed.empty());
    }
  }
}
