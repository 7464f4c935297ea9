// SPDX-License-Identifier: MIT
#include <mallocspy/testing/allocation_budget.hpp>

#include "support/catch.hpp"
#include "testing/scopes/violation_recorder.hpp"

#include <mallocspy/task/task_memory.hpp>
#include <stdexcept>
#include <thread>

using namespace mallocspy;
using mallocspy::tests::violation_recorder;

namespace {

__attribute__((noinline)) void allocate_in_vain() {
  void* block = CoTaskMemAlloc(53);
  __asm__ volatile("");
  CoTaskMemFree(block);
}

} // namespace

TEST_CASE("no allocation, no violation", "[testing][scopes][budget]") {
  void* block = CoTaskMemAlloc(27);
  violation_recorder recorder;
  {
    no_allocation_scope scope;
    CoTaskMemFree(block);
  }
  CHECK(recorder.seen().empty());
}

TEST_CASE("an allocation where none may be is told at the end, with its call stack", "[testing][scopes][budget]") {
  violation_recorder recorder;
  int line = 0;
  {
    no_allocation_scope scope;
    line = __LINE__ - 1;
    allocate_in_vain();
    allocate_in_vain();
  }
  REQUIRE(recorder.seen().size() == 1);
  const auto& told = recorder.seen()[0];
  CHECK(told.scope == "no_allocation_scope");
  CHECK(told.file == __FILE__);
  CHECK(told.line == line);
  CHECK(told.violations == 2);
  CHECK_FALSE(told.unwinding);
  CAPTURE(told.report);
  CHECK(told.report.find("no_allocation_scope, broken: ") == 0);
  CHECK(told.report.find("allocate_in_vain") != std::string::npos);
  CHECK(told.report.find("allocation_budget_test.cpp:") != std::string::npos);
}

TEST_CASE("who asks is told, and the handler only of what comes later", "[testing][scopes][budget]") {
  violation_recorder recorder;
  {
    no_allocation_scope scope;
    CHECK(scope.kept());
    allocate_in_vain();
    CHECK_FALSE(scope.kept());
    CHECK(scope.violations() == 1);
  }
  CHECK(recorder.seen().empty());
  {
    no_allocation_scope scope;
    allocate_in_vain();
    CHECK(scope.report().find("broken") != std::string::npos);
  }
  CHECK(recorder.seen().empty());
  {
    no_allocation_scope scope;
    allocate_in_vain();
    CHECK_FALSE(scope.kept());
    allocate_in_vain();
  }
  REQUIRE(recorder.seen().size() == 1);
  CHECK(recorder.seen()[0].violations == 2);
}

TEST_CASE("a budget is kept up to its last allocation", "[testing][scopes][budget]") {
  violation_recorder recorder;
  {
    allocation_budget budget(2);
    allocate_in_vain();
    allocate_in_vain();
    CHECK(budget.kept());
    CHECK(budget.report().find("allocation_budget of 2 allocations, kept: ") == 0);
    allocate_in_vain();
    CHECK(budget.violations() == 1);
    CHECK(budget.report().find("allocation_budget of 2 allocations, broken: ") == 0);
  }
  {
    allocation_budget budget(1);
    void* block = CoTaskMemRealloc(CoTaskMemAlloc(27), 53);
    CHECK(budget.violations() == 1); // a reallocation is one
    CoTaskMemFree(block);
  }
  CHECK(recorder.seen().empty());
}

TEST_CASE("a budget of bytes", "[testing][scopes][budget]") {
  violation_recorder recorder;
  {
    allocation_budget budget(allocation_budget::unlimited, 106);
    allocate_in_vain();
    allocate_in_vain();
    CHECK(budget.kept());
    CoTaskMemFree(CoTaskMemAlloc(1));
    CHECK(budget.violations() == 1);
  }
  {
    allocation_budget budget(9, 52);
    allocate_in_vain();
  }
  REQUIRE(recorder.seen().size() == 1);
  CHECK(recorder.seen()[0].scope == "allocation_budget");
  CHECK(recorder.seen()[0].report.find("allocation_budget of 9 allocations and 52 bytes, broken: ") == 0);
}

TEST_CASE("a broken inner promise breaks the outer one, a kept one does not", "[testing][scopes][budget]") {
  violation_recorder recorder;
  allocation_budget outer(1);
  {
    no_allocation_scope inner;
    CHECK(outer.kept());
    allocate_in_vain();
    CHECK_FALSE(inner.kept());
    CHECK(outer.kept());
    {
      const allow_allocation_scope allowed;
      allocate_in_vain();
    }
    CHECK(inner.violations() == 1);
  }
  allocate_in_vain();
  CHECK(outer.violations() == 1);
}

TEST_CASE("an exception on its way is not ended by a broken promise", "[testing][scopes][budget]") {
  violation_recorder recorder;
  const auto throwing = [] {
    no_allocation_scope scope;
    allocate_in_vain();
    throw std::runtime_error("on its way");
  };
  CHECK_THROWS_AS(throwing(), std::runtime_error);
  REQUIRE(recorder.seen().size() == 1);
  CHECK(recorder.seen()[0].unwinding);
  // A scope within a destructor that runs meanwhile is not left by the exception.
  struct cleans_up {
    ~cleans_up() {
      no_allocation_scope scope;
      allocate_in_vain();
    }
  };
  CHECK_THROWS_AS(
      [] {
        const cleans_up last;
        throw std::runtime_error("on its way");
      }(),
      std::runtime_error);
  REQUIRE(recorder.seen().size() == 2);
  CHECK_FALSE(recorder.seen()[1].unwinding);
}

TEST_CASE("a promise of one thread binds no other", "[testing][scopes][budget]") {
  violation_recorder recorder;
  no_allocation_scope scope;
  std::thread([] { allocate_in_vain(); }).join();
  CHECK(scope.kept());
}
