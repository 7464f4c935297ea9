// SPDX-License-Identifier: MIT
// What the default handler does, in processes of their own.
#include <mallocspy/testing/scope_violation.hpp>

#include "blocks/child_process.hpp"
#include "support/catch.hpp"

#include <exception>
#include <mallocspy/task/task_memory.hpp>
#include <mallocspy/testing/allocation_budget.hpp>
#include <mallocspy/testing/leak_scope.hpp>
#include <memory>
#include <string>
#include <thread>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {
constexpr int line_of_promise = __LINE__ + 4;
}

TEST_CASE("child: a broken promise", "[.]") {
  no_allocation_scope scope;
  CoTaskMemFree(CoTaskMemAlloc(53));
}

TEST_CASE("child: a leak", "[.]") {
  leak_scope scope;
  CoTaskMemAlloc(53);
}

TEST_CASE("child: a broken promise while an exception is passing", "[.]") {
  try {
    no_allocation_scope scope;
    CoTaskMemFree(CoTaskMemAlloc(53));
    throw 53;
  } catch (int) {
    CHECK(true);
  }
}

TEST_CASE("child: a scope that another thread ends", "[.]") {
  auto scope = std::make_unique<no_allocation_scope>();
  std::thread([&scope] { scope.reset(); }).join();
}

TEST_CASE("by default a broken promise is reported and ends the process", "[testing][scopes]") {
  const child_result child = run_in_child("child: a broken promise");
  CAPTURE(child.errors);
  CHECK(child.aborted());
  CHECK(child.errors.find("no_allocation_scope, broken: ") != std::string::npos);
  CHECK(child.errors.find("scope_violation_test.cpp:" + std::to_string(line_of_promise) + ": 1 allocation") !=
        std::string::npos);
  const child_result leak = run_in_child("child: a leak");
  CAPTURE(leak.errors);
  CHECK(leak.aborted());
  CHECK(leak.errors.find("1 block, 53 bytes not freed") != std::string::npos);
}

TEST_CASE("while an exception is passing it is reported only", "[testing][scopes]") {
  const child_result child = run_in_child("child: a broken promise while an exception is passing");
  CAPTURE(child.errors);
  CHECK(child.exited_with(0));
  CHECK(child.errors.find("no_allocation_scope, broken: ") != std::string::npos);
}

TEST_CASE("a scope that another thread ends is told, and ends the process", "[testing][scopes]") {
  const child_result child = run_in_child("child: a scope that another thread ends");
  CAPTURE(child.errors);
  CHECK(child.aborted());
  CHECK(child.errors.find("was begun by another thread than the one that ends it") != std::string::npos);
}

TEST_CASE("the handler before is returned, never null", "[testing][scopes]") {
  const scope_violation_handler usual = set_scope_violation_handler(nullptr);
  CHECK(usual != nullptr);
  CHECK(set_scope_violation_handler(nullptr) == usual);
}
