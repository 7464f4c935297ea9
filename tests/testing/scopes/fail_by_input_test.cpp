// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <mallocspy/mallocspy.hpp>
#include <mallocspy/testing.hpp>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace mallocspy;

// Which of 200 requests fail.
std::vector<bool> failures_of(const std::string& input, unsigned rarity) {
  std::vector<bool> failed;
  const std::uint64_t count = fail_by_input(
      input.data(), input.size(),
      [&] {
        for (int i = 0; i < 200; ++i) {
          void* block = CoTaskMemAlloc(37);
          failed.push_back(block == nullptr);
          CoTaskMemFree(block);
        }
      },
      rarity);
  std::uint64_t seen = 0;
  for (const bool f : failed) {
    seen += f ? 1 : 0;
  }
  CHECK(count == seen);
  return failed;
}

TEST_CASE("the same input fails the same requests, another one others") {
  const auto first = failures_of("GET / HTTP/1.0", 8);
  CHECK(first == failures_of("GET / HTTP/1.0", 8));
  CHECK(first != failures_of("GET / HTTP/1.1", 8));
}

TEST_CASE("about one request in `rarity` fails, and none for an empty input") {
  int failed = 0;
  for (int i = 0; i < 20; ++i) {
    for (const bool f : failures_of("input " + std::to_string(i), 10)) {
      failed += f ? 1 : 0;
    }
  }
  CHECK(failed > 250); // 400 of 4000 expected
  CHECK(failed < 550);
  for (const bool f : failures_of("", 2)) {
    CHECK_FALSE(f);
  }
}

TEST_CASE("bad_alloc is a report, other exceptions pass, and nothing fails afterwards") {
  CHECK_NOTHROW(fail_by_input("x", 1, [] { throw std::bad_alloc(); }));
  CHECK_THROWS_AS(fail_by_input(
                      "x", 1, [] { throw std::logic_error("a defect"); }, 1),
                  std::logic_error);
  void* block = CoTaskMemAlloc(41);
  CHECK(block != nullptr);
  CoTaskMemFree(block);
}

} // namespace
