// SPDX-License-Identifier: MIT
// What the options of a sweep do.
#include "support/catch.hpp"
#include "support/size_limit.hpp"
#include "testing/sweep/eight_blocks.hpp"
#include "testing/sweep/temporary_file.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mallocspy/mallocspy.hpp>
#include <mallocspy/spies.hpp>
#include <mallocspy/testing.hpp>
#include <set>
#include <sstream>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

namespace {

using namespace mallocspy;
using namespace mallocspy::tests;

// How many of eight requests fail, told by the exit status of the point's child: as a wrong result with that many refusals.
std::uint64_t refusals(const sweep_options& options, std::uint64_t expected) {
  int refused = 0;
  sweep_options with_count = options;
  with_count.is_correct = [&] { return refused == 0 || refused == static_cast<int>(expected); };
  const sweep_result result = oom_sweep(
      [&] {
        refused = 0;
        void* blocks[8] = {};
        for (unsigned i = 0; i < 8; ++i) {
          blocks[i] = CoTaskMemAlloc(101 + i);
          refused += blocks[i] == nullptr ? 1 : 0;
        }
        for (void* block : blocks) {
          CoTaskMemFree(block);
        }
      },
      with_count);
  INFO(result.text());
  CHECK(result.error.empty());
  return result.count(verdict::tolerated);
}

} // namespace

// The first one: blocks that a sweep has lost keep its spies registered.
TEST_CASE("another registered spy is an error, and so is a sweep in a sweep") {
  {
    spy_base spy;
    const scoped_spy registered(&spy);
    REQUIRE(registered);
    const sweep_result result = oom_sweep([] { return true; });
    CHECK(result.exit_status() == 2);
    CHECK(result.error.find("another spy") != std::string::npos);
  }
  int inner_status = 0;
  oom_sweep([&] { inner_status = oom_sweep([] {}).exit_status(); });
  CHECK(inner_status == 2);
  CHECK(oom_sweep([] {}).passed());
}

TEST_CASE("modes: one, all later ones, a number in a row, a budget") {
  sweep_options options;
  options.only = 3;
  CHECK(refusals(options, 1) == 1);
  options.mode = sweep_mode::all_after;
  CHECK(refusals(options, 6) == 1);
  options.mode = sweep_mode::in_a_row;
  options.in_a_row = 4;
  CHECK(refusals(options, 4) == 1);
  options.mode = sweep_mode::budget;
  options.budget = 210; // 103 is refused as the first; 104 and 105 fit, then no more
  CHECK(refusals(options, 4) == 1);
}

TEST_CASE("unique, limit, only and shards choose points") {
  const auto body = [] { return eight_blocks(false); };
  sweep_options options;
  options.unique = true;
  const sweep_result unique = oom_sweep(body, options);
  CHECK(unique.injected == 1); // one call in a loop
  CHECK(unique.passed());
  options = {};
  options.limit = 3;
  const sweep_result limited = oom_sweep(body, options);
  CHECK(limited.injected == 3);
  CHECK_FALSE(limited.complete);
  CHECK_FALSE(limited.stopped.empty());
  options = {};
  std::set<std::uint64_t> tested;
  options.shards = 3;
  for (options.shard = 1; options.shard <= 3; ++options.shard) {
    for (const sweep_point& p : oom_sweep(body, options).points) {
      if (p.what != verdict::untested) {
        CHECK(tested.insert(p.n).second);
      }
    }
  }
  CHECK(tested.size() == 8);
  options.shard = 4;
  CHECK(oom_sweep(body, options).exit_status() == 2);
}

TEST_CASE("a sweep goes on from its file") {
  const temporary_file file;
  ::unlink(file.path);
  sweep_options options;
  options.resume = file.path;
  options.limit = 5;
  const auto body = [] { return eight_blocks(false); };
  CHECK(oom_sweep(body, options).injected == 5);
  options.limit = 0;
  const sweep_result rest = oom_sweep(body, options);
  CHECK(rest.injected == 3);
  CHECK(rest.complete);
  CHECK(rest.count(verdict::clean) == 8);
}

TEST_CASE("a file for the state that cannot be written is told before, and a full disk leaves the old state") {
  const auto body = [] { return eight_blocks(false); };
  sweep_options options;
  options.resume = "/nonexistent/state";
  CHECK(oom_sweep(body, options).exit_status() == 2);
  const temporary_file file;
  options.resume = file.path;
  ::unlink(file.path);
  options.limit = 2;
  oom_sweep(body, options);
  std::stringstream before;
  before << std::ifstream(file.path).rdbuf();
  options.limit = 0;
  {
    const size_limit full(100);
    CHECK(oom_sweep(body, options).injected == 6); // what was found is there all the same
  }
  std::stringstream after;
  after << std::ifstream(file.path).rdbuf();
  CHECK(before.str().size() > 100);
  CHECK(after.str() == before.str());
}

TEST_CASE("progress is told, up to the end") {
  std::vector<std::uint64_t> done;
  sweep_options options;
  options.progress = [&](const sweep_progress& p) {
    CHECK(p.wanted == 8);
    done.push_back(p.done);
  };
  oom_sweep([] { return eight_blocks(false); }, options);
  REQUIRE_FALSE(done.empty());
  CHECK(done.back() == 8);
}

TEST_CASE("what a function sets up once is not swept, and makes it no less deterministic") {
  static void* kept = nullptr;
  const auto body = [] {
    kept = kept == nullptr ? CoTaskMemAlloc(211) : kept;
    CoTaskMemFree(CoTaskMemAlloc(47));
    return kept != nullptr;
  };
  const sweep_result result = oom_sweep(body);
  INFO(result.text());
  CHECK_FALSE(result.nondeterministic);
  CHECK(result.allocations == 1);
  CHECK(result.snapshots == 1);
  CoTaskMemFree(kept);
}

TEST_CASE("a run with snapshots that is another one than those before is noticed") {
  int calls = 0;
  const sweep_result result = oom_sweep([&] {
    if (++calls == 3) {
      CoTaskMemFree(CoTaskMemAlloc(89));
    }
    for (int i = 0; i < 3; ++i) {
      CoTaskMemFree(CoTaskMemAlloc(71));
    }
  });
  INFO(result.text());
  CHECK(result.nondeterministic);
  CHECK(result.drift.find("a run with snapshots") != std::string::npos);
  CHECK(result.allocations == 3);
  CHECK(result.replays == 3);
  CHECK(result.count(verdict::tolerated) == 3);
}

TEST_CASE("a function in which one snapshot comes too late is no less deterministic") {
  // Shared with the snapshots: only the first one waits.
  static volatile char* met = nullptr;
  met = static_cast<char*>(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  const pid_t here = ::getpid();
  sweep_options options;
  options.timeout = std::chrono::milliseconds(300);
  const sweep_result result = oom_sweep(
      [here] {
        CoTaskMemFree(CoTaskMemAlloc(47));
        if (::getpid() != here && met[0] == 0) {
          met[0] = 1;
          ::sleep(5);
        }
      },
      options);
  INFO(result.text());
  CHECK(met[0] == 1);
  CHECK_FALSE(result.nondeterministic);
  CHECK(result.count(verdict::tolerated) == 1);
  ::munmap(const_cast<char*>(met), 4096);
}

TEST_CASE("a function that is not deterministic is said to be so, and is replayed") {
  int calls = 0;
  const sweep_result result = oom_sweep([&] {
    ++calls;
    for (int i = 0; i < (calls % 2 == 0 ? 3 : 4); ++i) {
      CoTaskMemFree(CoTaskMemAlloc(71));
    }
  });
  INFO(result.text());
  CHECK(result.nondeterministic);
  CHECK_FALSE(result.drift.empty());
  CHECK(result.snapshots == 0);
}
