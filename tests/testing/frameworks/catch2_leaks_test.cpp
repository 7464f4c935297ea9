// SPDX-License-Identifier: MIT
// The listener of Catch2 that finds leaks, in this program: tests that lose blocks run in a process of their own.
#include <mallocspy/testing/catch2_leaks.hpp>

#include "testing/planted/planted.h"
#include "testing/program_output.hpp"

#include <cstdint>
#include <cstring>
#include <mallocspy/spies/statistics.hpp>
#include <mallocspy/task/task.hpp>

using namespace mallocspy;
using mallocspy::tests::run_this_program;

namespace Catch {

// As if it were one of Catch2's.
__attribute__((noinline)) void allocate_for_catch2() {
  CoTaskMemAlloc(27);
  __asm__ volatile("");
}

} // namespace Catch

namespace {

void* volatile cache = nullptr;

__attribute__((noinline)) void lose_a_block(std::size_t size) {
  CoTaskMemAlloc(size);
  __asm__ volatile("");
}
constexpr int line_of_loss = __LINE__ - 3;

// What calls have left on the stack is no owner.
__attribute__((noinline)) void forget() {
  volatile char room[8192];
  std::memset(const_cast<char*>(room), 0, sizeof room);
}

} // namespace

TEST_CASE("child: loses a block", "[.]") {
  lose_a_block(53);
  forget();
}

TEST_CASE("child: loses a block in one of its sections", "[.]") {
  SECTION("harmless") {
    CoTaskMemFree(CoTaskMemAlloc(27));
  }
  SECTION("careless") {
    SECTION("inner") {
      lose_a_block(53);
      forget();
    }
  }
}

TEST_CASE("child: fills a cache", "[.]") {
  cache = CoTaskMemAlloc(27);
  SUCCEED();
}

TEST_CASE("child: Catch2 allocates", "[.]") {
  Catch::allocate_for_catch2();
  forget();
  SUCCEED();
}

TEST_CASE("child: sweeps", "[.]") {
  CHECK(oom_sweep([] { return missing_check_corrected() != 0; }).passed());
}

TEST_CASE("child: loses a block around a sweep", "[.]") {
  lose_a_block(53);
  forget();
  CHECK(oom_sweep([] { return missing_check_corrected() != 0; }).passed());
}

TEST_CASE("child: has a spy of its own", "[.]") {
  statistics spy;
  CHECK(CoRegisterMallocSpy(&spy) == CO_E_OBJISREG);
}

TEST_CASE("a test that frees everything passes", "[testing][catch2][leaks]") {
  CoTaskMemFree(CoTaskMemAlloc(27));
  SUCCEED();
}

TEST_CASE("a lost block fails its test, at the place of its allocation", "[testing][catch2][leaks]") {
  const auto child = run_this_program({"child: loses a block"});
  CAPTURE(child.text);
  CHECK(child.failed());
  CHECK(child.has("catch2_leaks_test.cpp:" + std::to_string(line_of_loss) + ": FAILED:"));
  CHECK(child.has("1 block, 53 bytes lost"));
  CHECK(child.has("test cases: 1 | 1 failed"));
  CHECK(child.has("lose_a_block"));
}

TEST_CASE("a sweep within a test takes nothing from the listener", "[testing][catch2][leaks]") {
  const auto child = run_this_program({"child: loses a block around a sweep"});
  CAPTURE(child.text);
  CHECK(child.failed());
  CHECK(child.has("1 block, 53 bytes lost"));
  CHECK(child.has("assertions: 2 | 1 passed | 1 failed"));
}

TEST_CASE("each run of a test with sections is looked at", "[testing][catch2][leaks]") {
  const auto child = run_this_program({"child: loses a block in one of its sections"});
  CAPTURE(child.text);
  CHECK(child.failed());
  CHECK(child.has("catch2_leaks_test.cpp:" + std::to_string(line_of_loss) + ": FAILED:"));
  CHECK(child.has("assertions: 1 | 1 failed"));
}

TEST_CASE("caches, and what Catch2 allocates, are no leaks", "[testing][catch2][leaks]") {
  for (const char* test :
       {"child: fills a cache", "child: Catch2 allocates", "child: sweeps", "child: has a spy of its own"}) {
    const auto child = run_this_program({test});
    CAPTURE(test, child.text);
    CHECK(child.exited_with(0));
  }
}
