// SPDX-License-Identifier: MIT
// The glue for GoogleTest, as a program of GoogleTest. Tests that fail are disabled, and run in a process of their own.
#include <mallocspy/testing/gtest.hpp>

#include "testing/planted/planted.h"
#include "testing/program_output.hpp"

#include <cstring>
#include <mallocspy/task/task.hpp>

using namespace mallocspy;
using mallocspy::tests::program_output;

namespace testing {

// As if it were one of GoogleTest's.
__attribute__((noinline)) void allocate_for_gtest() {
  CoTaskMemAlloc(27);
  __asm__ volatile("");
}

} // namespace testing

namespace {

void* volatile cache = nullptr;

__attribute__((noinline)) void* allocate_53_here() {
  void* block = CoTaskMemAlloc(53);
  __asm__ volatile("");
  return block;
}

__attribute__((noinline)) void lose_a_block() {
  CoTaskMemAlloc(53);
  __asm__ volatile("");
}
constexpr int line_of_loss = __LINE__ - 3;

// What calls have left on the stack is no owner.
__attribute__((noinline)) void forget() {
  volatile char room[8192];
  std::memset(const_cast<char*>(room), 0, sizeof room);
}

bool sound() {
  return missing_check_corrected() != 0;
}
bool careless() {
  return leak_on_error_planted() != 0;
}

program_output run_disabled(const std::string& test, bool leaks = false) {
  std::vector<std::string> arguments{"--gtest_also_run_disabled_tests", "--gtest_filter=child.DISABLED_" + test};
  if (leaks) {
    arguments.emplace_back("--find-leaks");
  }
  return tests::run_this_program(arguments);
}

} // namespace

TEST(scopes, kept_promises_pass) {
  int sum = 0;
  EXPECT_NO_ALLOCATION(sum += 27; sum += 53);
  ASSERT_NO_ALLOCATION({
    const int both[] = {1, 2};
    sum += both[0] + both[1];
  });
  EXPECT_EQ(sum, 83);
  EXPECT_ALLOCATIONS_AT_MOST(1, CoTaskMemFree(allocate_53_here()));
  ASSERT_ALLOCATIONS_AT_MOST(2, CoTaskMemFree(CoTaskMemRealloc(allocate_53_here(), 119)));
  EXPECT_NO_LEAK(CoTaskMemFree(allocate_53_here()));
  ASSERT_NO_LEAK(CoTaskMemFree(allocate_53_here()));
  // Each is one statement. NOLINTBEGIN(readability-braces-around-statements)
  if (sum != 0)
    EXPECT_NO_ALLOCATION(sum = 0);
  else
    sum = 1;
  // NOLINTEND(readability-braces-around-statements)
  EXPECT_EQ(sum, 0);
  EXPECT_TRUE(keeps_promise(allocates_nothing([] {})));
}

TEST(sweeps, what_finds_nothing_passes) {
  EXPECT_OOM_SWEEP(sound);
  sweep_options options;
  options.mode = sweep_mode::all_after;
  ASSERT_OOM_SWEEP(sound, options);
  EXPECT_TRUE(survives_oom(oom_sweep(sound)));
  EXPECT_FALSE(survives_oom(oom_sweep(careless)));
}

TEST(child, DISABLED_careless) {
  EXPECT_OOM_SWEEP(careless) << "said besides";
  ASSERT_OOM_SWEEP([] { return careless(); });
  ADD_FAILURE() << "goes on";
}

TEST(sweeps, a_finding_fails_the_test_with_the_whole_report) {
  const auto child = run_disabled("careless");
  EXPECT_TRUE(child.exited_with(1)) << child.text;
  EXPECT_TRUE(child.has("EXPECT_OOM_SWEEP(careless)\nsweep of child.DISABLED_careless, mode once: 3 allocations"))
      << child.text;
  EXPECT_TRUE(child.has("leak at allocation 3")) << child.text;
  EXPECT_TRUE(child.has("leak_on_error.c:")) << child.text;
  EXPECT_TRUE(child.has("said besides")) << child.text;
  EXPECT_TRUE(child.has("ASSERT_OOM_SWEEP(")) << child.text;
  EXPECT_FALSE(child.has("goes on")) << child.text;
}

TEST(child, DISABLED_allocates) {
  EXPECT_NO_ALLOCATION(CoTaskMemFree(allocate_53_here())) << "said besides";
  ASSERT_ALLOCATIONS_AT_MOST(0, CoTaskMemFree(allocate_53_here()));
  ADD_FAILURE() << "goes on";
}

TEST(child, DISABLED_leaks) {
  void* block = nullptr;
  EXPECT_NO_LEAK(block = allocate_53_here());
  CoTaskMemFree(block);
}

TEST(child, DISABLED_loses_a_block) {
  lose_a_block();
  forget();
}

TEST(child, DISABLED_fills_a_cache) {
  cache = CoTaskMemAlloc(27);
}

TEST(child, DISABLED_sweeps) {
  EXPECT_OOM_SWEEP(sound);
}

TEST(child, DISABLED_gtest_allocates) {
  testing::allocate_for_gtest();
  forget();
}

TEST(scopes, an_allocation_too_many_fails_the_test) {
  const auto child = run_disabled("allocates");
  EXPECT_TRUE(child.exited_with(1)) << child.text;
  EXPECT_TRUE(child.has("EXPECT_NO_ALLOCATION(CoTaskMemFree(allocate_53_here()))\nno_allocation_scope, broken: "))
      << child.text;
  EXPECT_TRUE(child.has("allocate_53_here() at ")) << child.text;
  EXPECT_TRUE(child.has("gtest_test.cpp:")) << child.text;
  EXPECT_TRUE(child.has("said besides")) << child.text;
  EXPECT_TRUE(child.has("allocation_budget")) << child.text;
  EXPECT_FALSE(child.has("goes on")) << child.text;
}

TEST(scopes, a_leak_fails_the_test) {
  const auto child = run_disabled("leaks");
  EXPECT_TRUE(child.exited_with(1)) << child.text;
  EXPECT_TRUE(child.has("1 block, 53 bytes not freed")) << child.text;
}

TEST(leak_listener, a_lost_block_fails_its_test_at_the_place_of_its_allocation) {
  const auto child = run_disabled("loses_a_block", true);
  EXPECT_TRUE(child.exited_with(1)) << child.text;
  EXPECT_TRUE(child.has("gtest_test.cpp:" + std::to_string(line_of_loss) + ": Failure")) << child.text;
  EXPECT_TRUE(child.has("child.DISABLED_loses_a_block (")) << child.text;
  EXPECT_TRUE(child.has("1 block, 53 bytes lost")) << child.text;
  EXPECT_TRUE(child.has("[  FAILED  ] child.DISABLED_loses_a_block")) << child.text;
  EXPECT_TRUE(run_disabled("loses_a_block").exited_with(0)); // nobody looks
}

TEST(leak_listener, caches_and_what_gtest_allocates_are_no_leaks) {
  for (const char* test : {"fills_a_cache", "gtest_allocates", "sweeps"}) {
    const auto child = run_disabled(test, true);
    EXPECT_TRUE(child.exited_with(0)) << child.text;
    EXPECT_TRUE(child.has("[  PASSED  ] 1 test.")) << child.text;
  }
}

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (argc == 2 && std::strcmp(argv[1], "--find-leaks") == 0) {
    find_leaks_of_tests();
  }
  return RUN_ALL_TESTS();
}
