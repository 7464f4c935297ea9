// SPDX-License-Identifier: MIT
#include <mallocspy/testing/leak_scope.hpp>

#include "support/catch.hpp"
#include "testing/scopes/violation_recorder.hpp"

#include <cstring>
#include <mallocspy/blocks/ownership.hpp>
#include <mallocspy/task/task_memory.hpp>
#include <mallocspy/testing/allocation_scope.hpp>
#include <thread>

using namespace mallocspy;
using mallocspy::tests::violation_recorder;

namespace {

// Where a test finds a block again that no one else may find.
class hidden {
public:
  void put(void* block) {
    m_value = ~reinterpret_cast<std::uintptr_t>(block);
  }
  void* get() const {
    return reinterpret_cast<void*>(~m_value);
  }

private:
  std::uintptr_t m_value = ~std::uintptr_t{0};
};

void* volatile found_by_all = nullptr;

__attribute__((noinline)) void leak_into(hidden& place, std::size_t size) {
  place.put(CoTaskMemAlloc(size));
  __asm__ volatile("");
}

// What calls have left on the stack and in registers is no owner.
__attribute__((noinline)) void forget() {
  volatile char room[8192];
  std::memset(const_cast<char*>(room), 0, sizeof room);
}

} // namespace

TEST_CASE("a block that is not freed in its scope has leaked", "[testing][scopes][leaks]") {
  void* before = CoTaskMemAlloc(211);
  violation_recorder recorder;
  void* leaked = nullptr;
  int line = 0;
  {
    leak_scope scope;
    line = __LINE__ - 1;
    CHECK(scope.leaks().empty());
    CoTaskMemFree(CoTaskMemAlloc(27));
    CoTaskMemFree(before);
    CHECK(scope.leaks().empty());
    leaked = CoTaskMemAlloc(53);
  }
  REQUIRE(recorder.seen().size() == 1);
  const auto& told = recorder.seen()[0];
  CHECK(told.scope == "leak_scope");
  CHECK(told.line == line);
  CHECK(told.violations == 1);
  CAPTURE(told.report);
  CHECK(told.report.find("leak_scope_test.cpp:" + std::to_string(line) + ": 1 block, 53 bytes not freed") !=
        std::string::npos);
  CHECK(told.report.find("leak_scope_test.cpp:" + std::to_string(line + 6)) != std::string::npos);
  CoTaskMemFree(leaked);
}

TEST_CASE("who asks for leaks is told", "[testing][scopes][leaks]") {
  violation_recorder recorder;
  hidden place;
  {
    leak_scope scope;
    leak_into(place, 53);
    const auto leaked = scope.leaks();
    REQUIRE(leaked.size() == 1);
    CHECK(leaked[0].address == place.get());
    CHECK(leaked[0].size == 53);
  }
  CHECK(recorder.seen().empty());
  CoTaskMemFree(place.get());
}

TEST_CASE("a reallocated block belongs to who did that", "[testing][scopes][leaks]") {
  void* block = CoTaskMemAlloc(27);
  leak_scope scope;
  block = CoTaskMemRealloc(block, 53);
  REQUIRE(scope.leaks().size() == 1);
  CHECK(scope.leaks()[0].size == 53);
  std::thread([&block] { block = CoTaskMemRealloc(block, 5003); }).join();
  CHECK(scope.leaks().empty());
  block = CoTaskMemRealloc(block, 27);
  CHECK(scope.leaks().size() == 1);
  CHECK(CoTaskMemRealloc(block, static_cast<SIZE_T>(-1) / 2) == nullptr);
  CHECK(scope.leaks().size() == 1);
  CoTaskMemFree(block);
  CHECK(scope.leaks().empty());
}

TEST_CASE("an outer scope knows the blocks of the inner one", "[testing][scopes][leaks]") {
  leak_scope outer;
  void* a = CoTaskMemAlloc(27);
  void* b = nullptr;
  {
    leak_scope inner;
    b = CoTaskMemAlloc(53);
    CHECK(inner.leaks().size() == 1);
    CHECK(outer.leaks().size() == 2);
  }
  CHECK(outer.leaks().size() == 2);
  CoTaskMemFree(b);
  CHECK(outer.leaks().size() == 1);
  CoTaskMemFree(a);
  CHECK(outer.leaks().empty());
}

TEST_CASE("blocks of other threads are not the scope's, and may free its own", "[testing][scopes][leaks]") {
  leak_scope scope;
  void* mine = CoTaskMemAlloc(27);
  void* theirs = nullptr;
  std::thread([&] {
    leak_scope their_scope;
    theirs = CoTaskMemAlloc(53);
    CHECK(their_scope.leaks().size() == 1);
  }).join();
  REQUIRE(scope.leaks().size() == 1);
  CHECK(scope.leaks()[0].size == 27);
  std::thread([mine] { CoTaskMemFree(mine); }).join();
  CHECK(scope.leaks().empty());
  CoTaskMemFree(theirs);
}

TEST_CASE("expected and allowed blocks are no leaks", "[testing][scopes][leaks]") {
  violation_recorder recorder;
  void* cache = nullptr;
  void* log = nullptr;
  {
    leak_scope scope;
    cache = CoTaskMemAlloc(27);
    CHECK(scope.leaks().size() == 1);
    CHECK(scope.expect(cache));
    CHECK_FALSE(scope.expect(&cache));
    {
      const allow_allocation_scope allowed;
      log = CoTaskMemAlloc(53);
    }
    CHECK(scope.leaks().empty());
  }
  CHECK(recorder.seen().empty());
  CoTaskMemFree(cache);
  CoTaskMemFree(log);
}

TEST_CASE("only lost blocks are leaks where that is asked for", "[testing][scopes][leaks]") {
  hidden place;
  leak_scope lost(leaks_are::lost);
  leak_scope alive;
  leak_into(place, 53);
  found_by_all = CoTaskMemAlloc(27);
  forget();
  const auto leaked = lost.leaks();
  REQUIRE(leaked.size() == 1);
  CHECK(leaked[0].size == 53);
  CHECK(leaked[0].state == block_state::lost);
  const auto all = alive.leaks();
  CHECK(all.size() == 2);
  // The answers hold its address now, and it is lost all the same.
  CHECK(lost.report().find("1 block, 53 bytes lost") != std::string::npos);
  const std::string text = alive.report();
  CAPTURE(text);
  CHECK(text.find("2 blocks, 80 bytes not freed") != std::string::npos);
  CHECK(text.find("1 block, 27 bytes, not freed, still reachable:") != std::string::npos);
  CoTaskMemFree(place.get());
  CoTaskMemFree(found_by_all);
  found_by_all = nullptr;
}
