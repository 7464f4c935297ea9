// SPDX-License-Identifier: MIT
// Does a parser survive a lack of memory, wherever it comes? One line in a test of Catch2.
#include <mallocspy/testing/catch2_leaks.hpp> // each test case that loses a block fails

#include <mallocspy/mallocspy.h>
#include <mallocspy/testing/catch2.hpp>

// "3 numbers" -> how many, or -1 without memory.
static int count_words(const char* text) {
  char* copy = mallocspy_strdup(text);
  if (copy == nullptr) {
    return -1;
  }
  int words = 0;
  for (const char* c = copy; *c != '\0'; ++c) {
    words += *c == ' ' ? 1 : 0;
  }
  mallocspy_free(copy);
  return words + 1;
}

TEST_CASE("counting words survives each lack of memory", "[oom]") {
  CHECK_OOM_SWEEP([] { return count_words("a text of five words") != -1; });
}

TEST_CASE("success has the right result, too", "[oom]") {
  mallocspy::sweep_options options;
  options.mode = mallocspy::sweep_mode::all_after;
  const auto counts = [] {
    const int words = count_words("a text of five words");
    return words == -1  ? mallocspy::sweep_outcome::reported_error
           : words == 5 ? mallocspy::sweep_outcome::correct
                        : mallocspy::sweep_outcome::wrong;
  };
  REQUIRE_THAT(mallocspy::oom_sweep(counts, options), mallocspy::survives_oom());
}

TEST_CASE("counting words needs one block, and gives it back") {
  CHECK_ALLOCATIONS_AT_MOST(1, count_words("a text of five words"));
  CHECK_NO_LEAK(count_words("a text of five words"));
}
