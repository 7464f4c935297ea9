// SPDX-License-Identifier: MIT
// Scopes and Catch2's leak listener in a program whose malloc and operator new are the task allocator's, too: what the test
// framework allocates is no leak of a test, and what reports allocate is no violation.
#include <mallocspy/testing/catch2_leaks.hpp>

#include "testing/program_output.hpp"

#include <cstdlib>
#include <mallocspy/testing/catch2.hpp>
#include <memory>
#include <string>
#include <vector>

using namespace mallocspy;
using mallocspy::tests::run_this_program;

namespace {

// What the compiler may not leave out.
__attribute__((noinline)) void use(const void* memory) {
  __asm__ volatile("" : : "r"(memory) : "memory");
}

__attribute__((noinline)) void lose_a_string() {
  auto* lost = new std::string(53, 'x');
  use(lost);
}

} // namespace

TEST_CASE("malloc and new count", "[testing][interposed]") {
  allocation_scope scope;
  void* block = std::malloc(27);
  use(block);
  std::free(block);
  const auto number = std::make_unique<int>(53);
  use(number.get());
  CHECK(scope.counts().allocations >= 2);
  std::vector<int> numbers;
  numbers.reserve(119);
  const scope_counts before = scope.counts();
  const std::string text = scope.report(); // allocates, for itself
  CHECK(text.size() > 10);
  CHECK(before.allocations >= 3);
}

TEST_CASE("a promise is kept where nothing grows", "[testing][interposed]") {
  std::vector<int> numbers;
  numbers.reserve(3);
  CHECK_NO_ALLOCATION(numbers.push_back(1); numbers.push_back(2));
  CHECK_ALLOCATIONS_AT_MOST(1, numbers.resize(53));
  CHECK_FALSE(allocates_nothing([&] { numbers.resize(5003); }));
  CHECK_NO_LEAK(std::string(119, 'x').swap(*std::make_unique<std::string>()));
}

TEST_CASE("a test with sections, messages and assertions loses nothing", "[testing][interposed]") {
  SECTION("a section with a long name, that needs memory of its own, and is kept by the framework for a while") {
    INFO("a long message, which needs memory as well, and is gone at the end of the section");
    CHECK(std::string(53, 'x').size() == 53);
  }
  SECTION("another one") {
    CHECK_THROWS(std::string(5, 'x').at(53));
  }
}

TEST_CASE("child: loses a string", "[.]") {
  lose_a_string();
  SUCCEED();
}

TEST_CASE("a lost string fails its test", "[testing][interposed]") {
  const auto child = run_this_program({"child: loses a string"});
  CAPTURE(child.text);
  CHECK(child.failed());
  CHECK(child.has("lose_a_string"));
  CHECK(child.has("bytes lost"));
}
