// SPDX-License-Identifier: MIT
#include <mallocspy/testing/allocation_scope.hpp>

#include "support/catch.hpp"

#include <mallocspy/mallocspy.h>
#include <mallocspy/spies/statistics.hpp>
#include <mallocspy/task/task.hpp>
#include <stdexcept>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace mallocspy;

namespace {

__attribute__((noinline)) void* allocate_53_here() {
  void* block = CoTaskMemAlloc(53);
  __asm__ volatile("");
  return block;
}

} // namespace

TEST_CASE("a scope counts what its thread allocates and frees", "[testing][scopes]") {
  void* before = CoTaskMemAlloc(211);
  void* kept = nullptr;
  {
    allocation_scope scope;
    CHECK(scope.counts().allocations == 0);
    kept = CoTaskMemAlloc(27);
    CoTaskMemFree(CoTaskMemAlloc(1009));
    CoTaskMemFree(CoTaskMemAlloc(0));
    const scope_counts seen = scope.counts();
    CHECK(seen.allocations == 3);
    CHECK(seen.reallocations == 0);
    CHECK(seen.failures == 0);
    CHECK(seen.bytes == 27 + 1009);
    CHECK(seen.frees == 2);
    CHECK(seen.live_blocks == 1);
    CHECK(seen.live_bytes == 27);
    CHECK(seen.peak_bytes == 27 + 1009);
    CoTaskMemFree(before);
    CHECK(scope.counts().live_blocks == 0);
    CHECK(scope.counts().live_bytes == 27 - 211);
  }
  CoTaskMemFree(kept);
}

TEST_CASE("a reallocation is an allocation, and changes what is alive by the difference", "[testing][scopes]") {
  void* block = CoTaskMemAlloc(27);
  {
    allocation_scope scope;
    block = CoTaskMemRealloc(block, 5003);
    CHECK(scope.counts().allocations == 1);
    CHECK(scope.counts().reallocations == 1);
    CHECK(scope.counts().bytes == 5003);
    CHECK(scope.counts().live_blocks == 0);
    CHECK(scope.counts().live_bytes == 5003 - 27);
    block = CoTaskMemRealloc(block, 119);
    CHECK(scope.counts().live_bytes == 119 - 27);
    CHECK(scope.counts().peak_bytes == 5003 - 27);
    CHECK(CoTaskMemRealloc(block, 0) == nullptr); // frees
    CHECK(scope.counts().allocations == 2);
    CHECK(scope.counts().frees == 1);
    block = CoTaskMemRealloc(nullptr, 53); // allocates
    CHECK(scope.counts().allocations == 3);
    CHECK(scope.counts().reallocations == 2);
  }
  CoTaskMemFree(block);
}

TEST_CASE("a failed request counts, but not its bytes", "[testing][scopes]") {
  allocation_scope scope;
  CHECK(CoTaskMemAlloc(static_cast<SIZE_T>(-1) / 2) == nullptr);
  void* block = CoTaskMemAlloc(27);
  CHECK(CoTaskMemRealloc(block, static_cast<SIZE_T>(-1) / 2) == nullptr);
  CHECK(scope.counts().allocations == 3);
  CHECK(scope.counts().failures == 2);
  CHECK(scope.counts().bytes == 27);
  CHECK(scope.counts().live_bytes == 27);
  CoTaskMemFree(block);
  CHECK(scope.counts().live_bytes == 0);
}

TEST_CASE("each scope counts what its inner ones count", "[testing][scopes]") {
  allocation_scope outer;
  void* a = CoTaskMemAlloc(27);
  {
    allocation_scope inner;
    CoTaskMemFree(CoTaskMemAlloc(53));
    CHECK(inner.counts().allocations == 1);
    CHECK(inner.counts().bytes == 53);
    CHECK(outer.counts().allocations == 2);
  }
  CoTaskMemFree(CoTaskMemAlloc(119));
  CHECK(outer.counts().allocations == 3);
  CHECK(outer.counts().bytes == 27 + 53 + 119);
  CoTaskMemFree(a);
}

TEST_CASE("scopes may end in any order", "[testing][scopes]") {
  auto first = std::make_unique<allocation_scope>();
  auto second = std::make_unique<allocation_scope>();
  auto third = std::make_unique<allocation_scope>();
  second.reset();
  CoTaskMemFree(CoTaskMemAlloc(27));
  CHECK(first->counts().allocations == 1);
  CHECK(third->counts().allocations == 1);
  first.reset();
  CoTaskMemFree(CoTaskMemAlloc(27));
  CHECK(third->counts().allocations == 2);
}

TEST_CASE("other threads' allocations do not count", "[testing][scopes]") {
  allocation_scope scope;
  void* mine = CoTaskMemAlloc(27);
  std::thread([mine] {
    CoTaskMemFree(CoTaskMemAlloc(53));
    CoTaskMemFree(mine);
    allocation_scope theirs;
    CoTaskMemFree(CoTaskMemAlloc(53));
    CHECK(theirs.counts().allocations == 1);
  }).join();
  CHECK(scope.counts().allocations == 1);
  CHECK(scope.counts().frees == 0);
  CHECK(scope.counts().live_bytes == 27);
}

TEST_CASE("what is allowed does not count", "[testing][scopes]") {
  allocation_scope scope(scope_stacks::kept);
  void* block = nullptr;
  {
    const allow_allocation_scope allowed;
    block = CoTaskMemAlloc(27);
    { const allow_allocation_scope again; }
    block = CoTaskMemRealloc(block, 53);
  }
  CHECK(scope.counts().allocations == 0);
  CHECK(scope.counts().live_bytes == 0);
  CoTaskMemFree(CoTaskMemAlloc(119));
  CHECK(scope.counts().allocations == 1);
  const allow_allocation_scope allowed;
  CoTaskMemFree(block);
  CHECK(scope.counts().frees == 1);
}

TEST_CASE("another thread may not ask", "[testing][scopes]") {
  allocation_scope scope;
  std::string said;
  std::thread([&] {
    try {
      scope.counts();
    } catch (const std::logic_error& error) {
      said = error.what();
    }
  }).join();
  CHECK(said.find("allocation_scope_test.cpp:" + std::to_string(scope.line())) != std::string::npos);
  CHECK(said.find("another thread") != std::string::npos);
}

TEST_CASE("the report counts, and names each call stack once", "[testing][scopes]") {
  allocation_scope scope(scope_stacks::kept);
  for (volatile int i = 0; i < 3; i = i + 1) { // not unrolled: one call stack
    CoTaskMemFree(allocate_53_here());
  }
  const std::string text = scope.report();
  CAPTURE(text);
  CHECK(text.find("allocation_scope_test.cpp:" + std::to_string(scope.line())) != std::string::npos);
  CHECK(text.find("3 allocations (0 of them reallocations, 0 failed), 159 bytes; 3 frees") != std::string::npos);
  const std::size_t at = text.find("allocate_53_here");
  REQUIRE(at != std::string::npos);
  CHECK(text.find("allocation_scope_test.cpp:", at) != std::string::npos);
  CHECK(text.find("allocate_53_here", at + 1) == std::string::npos);
  CHECK(text.find("#1 ", at) != std::string::npos); // this test
  CHECK(text.find("#2 ", at) == std::string::npos); // how it was reached is no news
  CHECK(scope.counts().allocations == 3);           // the report's own are not among them
}

TEST_CASE("call stacks beyond the room for them are counted together", "[testing][scopes]") {
  const auto recursive = [](auto&& self, int depth) -> void {
    if (depth != 0) {
      self(self, depth - 1);
      __asm__ volatile("");
    } else {
      CoTaskMemFree(CoTaskMemAlloc(53));
    }
  };
  allocation_scope scope(scope_stacks::kept);
  for (volatile int i = 0; i < 8; i = i + 1) {
    CoTaskMemFree(allocate_53_here());
  }
  // Each line is a call stack of its own.
#define FOUR                                                                                                               \
  CoTaskMemFree(CoTaskMemAlloc(1));                                                                                        \
  CoTaskMemFree(CoTaskMemAlloc(1));                                                                                        \
  CoTaskMemFree(CoTaskMemAlloc(1));                                                                                        \
  CoTaskMemFree(CoTaskMemAlloc(1));
  FOUR FOUR FOUR FOUR FOUR FOUR FOUR FOUR FOUR FOUR
#undef FOUR
      recursive(recursive, 3);
  CHECK(scope.counts().allocations == 49);
  CHECK(scope.report().find("  10 allocations, 62 bytes with other call stacks") != std::string::npos);
}

TEST_CASE("without another scope the spies are gone", "[testing][scopes]") {
  {
    allocation_scope scope;
    statistics other;
    CHECK(CoRegisterMallocSpy(&other) == CO_E_OBJISREG);
  }
  statistics other;
  REQUIRE(CoRegisterMallocSpy(&other) == S_OK);
  CHECK_THROWS_AS(allocation_scope(), std::runtime_error);
  REQUIRE(CoRevokeMallocSpy() == S_OK);
}

TEST_CASE("a block of a scope may outlive it, and be freed in another", "[testing][scopes]") {
  void* block = nullptr;
  {
    allocation_scope scope;
    block = CoTaskMemAlloc(27);
  }
  allocation_scope scope;
  CoTaskMemFree(block);
  CHECK(scope.counts().frees == 1);
  CHECK(scope.counts().live_bytes == -27);
}

TEST_CASE("a scope goes on in a forked child", "[testing][scopes]") {
  allocation_scope scope;
  CoTaskMemFree(CoTaskMemAlloc(27));
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    bool right = false;
    {
      allocation_scope inner;
      CoTaskMemFree(CoTaskMemAlloc(53));
      right = inner.counts().allocations == 1 && scope.counts().allocations == 2;
    }
    ::_exit(right ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(scope.counts().allocations == 1);
}

TEST_CASE("an exception leaves a scope in order", "[testing][scopes]") {
  allocation_scope outer;
  CHECK_THROWS_AS(
      [] {
        allocation_scope inner;
        CoTaskMemFree(CoTaskMemAlloc(27));
        throw std::runtime_error("on its way");
      }(),
      std::runtime_error);
  CoTaskMemFree(CoTaskMemAlloc(53));
  CHECK(outer.counts().allocations == 2);
}

TEST_CASE("the functions for C count too", "[testing][scopes]") {
  allocation_scope scope;
  mallocspy_free(mallocspy_strdup("27 characters and a zero..."));
  mallocspy_free(mallocspy_aligned_alloc(64, 53));
  mallocspy_free(mallocspy_calloc(3, 7));
  CHECK(scope.counts().allocations == 3);
  CHECK(scope.counts().bytes == 28 + 53 + 21);
  CHECK(scope.counts().frees == 3);
  CHECK(scope.counts().live_bytes == 0);
}
