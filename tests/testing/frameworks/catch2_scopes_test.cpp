// SPDX-License-Identifier: MIT
// The assertions for scopes of Catch2: those that fail do so in a process of their own.
#include <mallocspy/testing/catch2.hpp>

#include "testing/program_output.hpp"

#include <mallocspy/task/task_memory.hpp>
#include <stdexcept>

using namespace mallocspy;
using mallocspy::tests::run_this_program;

namespace {

__attribute__((noinline)) void* allocate_53_here() {
  void* block = CoTaskMemAlloc(53);
  __asm__ volatile("");
  return block;
}

void* given_back = nullptr;

} // namespace

TEST_CASE("promises that are kept pass", "[testing][catch2]") {
  int sum = 0;
  CHECK_NO_ALLOCATION(sum += 27; sum += 53);
  CHECK(sum == 80);
  REQUIRE_NO_ALLOCATION({
    const int both[] = {1, 2};
    sum += both[0] + both[1];
  });
  CHECK(sum == 83);
  CHECK_ALLOCATIONS_AT_MOST(1, CoTaskMemFree(allocate_53_here()));
  REQUIRE_ALLOCATIONS_AT_MOST(2, CoTaskMemFree(CoTaskMemRealloc(allocate_53_here(), 119)));
  CHECK_NO_LEAK(CoTaskMemFree(allocate_53_here()));
  REQUIRE_NO_LEAK(CoTaskMemFree(allocate_53_here()));
}

TEST_CASE("child: allocates where it must not", "[.]") {
  CHECK_NO_ALLOCATION(CoTaskMemFree(allocate_53_here()));
  WARN("goes on");
}

TEST_CASE("child: allocates and ends", "[.]") {
  REQUIRE_NO_ALLOCATION(CoTaskMemFree(allocate_53_here()));
  WARN("goes on");
}

TEST_CASE("child: allocates too often", "[.]") {
  CHECK_ALLOCATIONS_AT_MOST(1, CoTaskMemFree(allocate_53_here()); CoTaskMemFree(allocate_53_here()));
}

TEST_CASE("child: leaks", "[.]") {
  CHECK_NO_LEAK(given_back = allocate_53_here());
  CoTaskMemFree(given_back);
}

TEST_CASE("child: throws", "[.]") {
  CHECK_NO_ALLOCATION(throw std::runtime_error("thrown inside"));
  WARN("goes on");
}

TEST_CASE("an allocation too many fails the test, with its place and its call stack", "[testing][catch2]") {
  const auto child = run_this_program({"child: allocates where it must not"});
  CAPTURE(child.text);
  CHECK(child.failed());
  CHECK(child.has("CHECK_NO_ALLOCATION( CoTaskMemFree(allocate_53_here()) )"));
  CHECK(child.has("no_allocation_scope, broken"));
  CHECK(child.has("allocate_53_here"));
  CHECK(child.has("catch2_scopes_test.cpp"));
  CHECK(child.has("goes on"));
  const auto often = run_this_program({"child: allocates too often"});
  CAPTURE(often.text);
  CHECK(often.failed());
  CHECK(often.has("allocation_budget of 1 allocation, broken"));
}

TEST_CASE("the REQUIRE form ends the test", "[testing][catch2]") {
  const auto child = run_this_program({"child: allocates and ends"});
  CAPTURE(child.text);
  CHECK(child.failed());
  CHECK(child.has("REQUIRE_NO_ALLOCATION( CoTaskMemFree(allocate_53_here()) )"));
  CHECK_FALSE(child.has("goes on"));
}

TEST_CASE("a leak fails the test", "[testing][catch2]") {
  const auto child = run_this_program({"child: leaks"});
  CAPTURE(child.text);
  CHECK(child.failed());
  CHECK(child.has("1 block, 53 bytes not freed"));
  CHECK(child.has("allocate_53_here"));
}

TEST_CASE("what the code throws fails the test as usual", "[testing][catch2]") {
  const auto child = run_this_program({"child: throws"});
  CAPTURE(child.text);
  CHECK(child.failed());
  CHECK(child.has("thrown inside"));
  CHECK(child.has("goes on"));
}
