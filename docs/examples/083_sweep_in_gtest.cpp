// SPDX-License-Identifier: MIT
// A sweep and scopes in tests of GoogleTest.
#include <mallocspy/mallocspy.h>
#include <mallocspy/testing/gtest.hpp>

static const bool leaks_are_found = mallocspy::find_leaks_of_tests(); // each test that loses a block fails

static bool greet() {
  char* text = mallocspy_strdup("hello");
  mallocspy_free(text);
  return text != nullptr;
}

TEST(greeting, survives_each_lack_of_memory) {
  EXPECT_OOM_SWEEP(greet);
}

TEST(greeting, needs_one_block) {
  EXPECT_ALLOCATIONS_AT_MOST(1, greet());
  EXPECT_NO_LEAK(greet()) << "whatever you want to add";
  ASSERT_TRUE(leaks_are_found);
}
