// SPDX-License-Identifier: MIT
#include <mallocspy/spies/call_stack.hpp>

#include "support/catch.hpp"

#include <cstdlib>
#include <string>

using namespace mallocspy;

namespace {

const void* call_into_this_function = nullptr;

} // namespace

// Not exported, so that only the file's own symbol table knows it.
static __attribute__((noinline)) void function_that_only_the_file_knows() {
  const void* frames[1];
  capture_stack(frames, 1);
  call_into_this_function = frames[0];
}

namespace {

int in_the_c_library(const void*, const void*) {
  const void* frames[2];
  capture_stack(frames, 2);
  call_into_this_function = frames[1];
  return 0;
}

} // namespace

TEST_CASE("a call is located in its module and function", "[spies][code_location]") {
  function_that_only_the_file_knows();
  for (int round = 0; round < 2; ++round) { // the second answer is the remembered one
    const code_location location = locate_code(call_into_this_function);
    REQUIRE(location.module != nullptr);
    CHECK(std::string(location.module).find("spies_stack_tests") != std::string::npos);
    REQUIRE(location.function != nullptr);
    CHECK(std::string(location.function).find("function_that_only_the_file_knows") != std::string::npos);
    CHECK(location.function_offset > 0);
    CHECK(location.function_offset < 400);
    CHECK(location.module_offset > location.function_offset);
  }
}

TEST_CASE("a call from the C library is located there", "[spies][code_location]") {
  int numbers[] = {2, 1};
  std::qsort(numbers, 2, sizeof(int), in_the_c_library);
  const code_location location = locate_code(call_into_this_function);
  REQUIRE(location.module != nullptr);
  CHECK(std::string(location.module).find("libc") != std::string::npos);
}

TEST_CASE("what is no code is in no module", "[spies][code_location]") {
  int local = 0;
  CHECK(locate_code(nullptr).module == nullptr);
  CHECK(locate_code(&local).module == nullptr);
  CHECK(locate_code(&local).function == nullptr);
  CHECK(locate_code(reinterpret_cast<const void*>(-1)).module == nullptr);
}
