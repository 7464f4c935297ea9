// SPDX-License-Identifier: MIT
// What a sweep finds in small functions, each of which goes wrong in one way; and that it finds nothing in those that do
// not.
#include "support/catch.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <mallocspy/mallocspy.hpp>
#include <mallocspy/testing.hpp>
#include <new>
#include <string>
#include <thread>
#include <unistd.h>

namespace {

using namespace mallocspy;

char* take(std::size_t size) {
  return static_cast<char*>(CoTaskMemAlloc(size));
}

// Two blocks, and an error where either is refused.
bool sound() {
  char* first = take(27);
  if (first == nullptr) {
    return false;
  }
  char* second = take(53);
  if (second != nullptr) {
    std::memset(second, 1, 53);
  }
  CoTaskMemFree(second);
  CoTaskMemFree(first);
  return second != nullptr;
}

TEST_CASE("a sound function has a point for each allocation, and no finding") {
  const sweep_result result = oom_sweep(sound);
  INFO(result.text());
  CHECK(result.passed());
  CHECK(result.error.empty());
  CHECK(result.allocations == 2);
  CHECK(result.injected == 2);
  CHECK(result.snapshots == 2);
  CHECK(result.replays == 0);
  CHECK(result.count(verdict::clean) == 2);
  CHECK(result.findings.empty());
  REQUIRE(result.points.size() == 2);
  CHECK(result.points[0].size == 27);
  CHECK(result.points[1].size == 53);
  // One function, two calls.
  CHECK(result.points[0].stack_id == result.points[1].stack_id);
  CHECK(result.points[0].occurrence == 1);
  CHECK(result.points[1].occurrence == 2);
  CHECK(result.points[0].stack_id.size() == 16);
}

TEST_CASE("the same by replays") {
  sweep_options options;
  options.always_replay = true;
  const sweep_result result = oom_sweep(sound, options);
  INFO(result.text());
  CHECK(result.passed());
  CHECK(result.injected == 2);
  CHECK(result.replays == 2);
  CHECK(result.never_fired == 0);
  CHECK(result.count(verdict::clean) == 2);
}

TEST_CASE("a failure that is made good is tolerated") {
  const auto body = [] {
    char* block = take(1001);
    if (block == nullptr) {
      block = take(101);
    }
    CoTaskMemFree(block);
    return block != nullptr;
  };
  const sweep_result once = oom_sweep(body);
  INFO(once.text());
  CHECK(once.count(verdict::tolerated) == 1);
  CHECK(once.points.at(0).allocated_again == 1);
  sweep_options options;
  options.mode = sweep_mode::all_after;
  const sweep_result all = oom_sweep(body, options);
  INFO(all.text());
  CHECK(all.count(verdict::clean) == 1);
}

TEST_CASE("a missing check is a crash") {
  const sweep_result result = oom_sweep([] {
    char* volatile block = take(77);
    block[3] = 'x';
    CoTaskMemFree(block);
  });
  INFO(result.text());
  REQUIRE(result.findings.size() == 1);
  CHECK_FALSE(result.passed());
  CHECK(result.exit_status() == 1);
  const sweep_finding& f = result.findings[0];
  CHECK(f.what == verdict::crash);
  CHECK(f.signal == SIGSEGV);
  CHECK(f.confirmed);
  CHECK(f.allocation == 1);
  CHECK_FALSE(f.stack.empty());
  CHECK_FALSE(f.other.empty());
}

TEST_CASE("a block that is forgotten on the way out is a leak") {
  const sweep_result result = oom_sweep([] {
    char* first = take(61);
    if (first == nullptr) {
      return false;
    }
    char* second = take(131);
    if (second == nullptr) {
      return false; // and first?
    }
    CoTaskMemFree(second);
    CoTaskMemFree(first);
    return true;
  });
  INFO(result.text());
  REQUIRE(result.findings.size() == 1);
  CHECK(result.findings[0].what == verdict::leak);
  CHECK(result.findings[0].allocation == 2);
  CHECK(result.findings[0].detail.find("61 bytes in 1 block") != std::string::npos);
  CHECK(result.count(verdict::clean) == 1);
}

TEST_CASE("success with other output is silent") {
  const sweep_result result = oom_sweep([] {
    char* text = take(33);
    std::printf("%s\n", text == nullptr ? "" : "all of it");
    CoTaskMemFree(text);
  });
  INFO(result.text());
  REQUIRE(result.findings.size() == 1);
  CHECK(result.findings[0].what == verdict::silent);
}

TEST_CASE("success with another result is silent, as the caller says") {
  int length = 0;
  sweep_options options;
  options.is_correct = [&] { return length == 5; };
  const sweep_result result = oom_sweep(
      [&] {
        char* text = take(39);
        length = text == nullptr ? 0 : 5;
        CoTaskMemFree(text);
      },
      options);
  INFO(result.text());
  CHECK(result.count(verdict::silent) == 1);
  options.reported_error = [&] { return length == 0; };
  CHECK(oom_sweep(
            [&] {
              char* text = take(39);
              length = text == nullptr ? 0 : 5;
              CoTaskMemFree(text);
            },
            options)
            .count(verdict::clean) == 1);
}

TEST_CASE("a block freed twice is damage") {
  const sweep_result result = oom_sweep([] {
    char* first = take(45);
    char* second = take(47);
    if (second == nullptr) {
      CoTaskMemFree(first);
    }
    CoTaskMemFree(first);
    CoTaskMemFree(second);
  });
  INFO(result.text());
  CHECK(result.count(verdict::corrupt) == 1);
  REQUIRE_FALSE(result.findings.empty());
  CHECK(result.findings[0].detail.find("twice") != std::string::npos);
}

TEST_CASE("a byte behind a block is damage") {
  const sweep_result result = oom_sweep([] {
    char* first = take(45);
    char* second = take(47);
    if (second == nullptr && first != nullptr) {
      static_cast<volatile char*>(first)[45] = 1;
    }
    CoTaskMemFree(first);
    CoTaskMemFree(second);
  });
  INFO(result.text());
  CHECK(result.count(verdict::corrupt) == 1);
}

TEST_CASE("waiting for ever is a hang") {
  sweep_options options;
  options.timeout = std::chrono::milliseconds(300);
  const sweep_result result = oom_sweep(
      [] {
        char* block = nullptr;
        do {
          block = take(91);
        } while (block == nullptr);
        CoTaskMemFree(block);
      },
      options);
  CHECK(result.count(verdict::tolerated) == 1); // one failure is retried
  options.mode = sweep_mode::all_after;
  const sweep_result all = oom_sweep(
      [] {
        char* block = nullptr;
        do {
          block = take(91);
        } while (block == nullptr);
        CoTaskMemFree(block);
      },
      options);
  INFO(all.text());
  CHECK(all.count(verdict::hang) == 1);
}

TEST_CASE("exceptions report failures") {
  const sweep_result result = oom_sweep([] {
    char* block = take(71);
    if (block == nullptr) {
      throw std::bad_alloc();
    }
    CoTaskMemFree(block);
  });
  INFO(result.text());
  CHECK(result.passed());
  CHECK(result.count(verdict::clean) == 1);
}

TEST_CASE("a function that fails by itself cannot be swept") {
  const sweep_result result = oom_sweep([] { return false; });
  CHECK(result.exit_status() == 2);
  CHECK(result.error.find("reports an error") != std::string::npos);
}

TEST_CASE("a failure in a thread that the function starts") {
  sweep_options options;
  options.threads = sweep_threads::caller_tree;
  const sweep_result result = oom_sweep(
      [] {
        std::thread([] {
          char* volatile block = take(87);
          block[0] = 1;
          CoTaskMemFree(block);
        }).join();
      },
      options);
  INFO(result.text());
  CHECK(result.count(verdict::crash) == 1);
  CHECK(result.replays == 1);
}

TEST_CASE("what is not to be failed is not counted") {
  const sweep_result result = oom_sweep([] {
    const no_fault_scope scope;
    char* volatile block = take(23);
    block[0] = 1;
    CoTaskMemFree(block);
  });
  CHECK(result.allocations == 0);
  CHECK(result.passed());
}

} // namespace
