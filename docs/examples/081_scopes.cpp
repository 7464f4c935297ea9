// SPDX-License-Identifier: MIT
// What does this piece of code allocate?
#include <cstdio>
#include <mallocspy/mallocspy.hpp>
#include <mallocspy/testing.hpp>

using namespace mallocspy;

static void* remembered = nullptr;

static void work() {
  void* block = CoTaskMemAlloc(27);
  remembered = CoTaskMemRealloc(block, 53);
}

static void forget() {
  CoTaskMemFree(remembered);
}

static bool count() {
  allocation_scope scope;
  work();
  const scope_counts seen = scope.counts();
  forget();
  return seen.allocations == 2 && seen.reallocations == 1 && seen.live_bytes == 53;
}

static bool limit() {
  allocation_budget budget(1);
  work();
  forget();
  return budget.violations() == 1; // had nobody asked, the end of the scope would report it and abort
}

static bool find_leaks() {
  leak_scope scope;
  work();
  const std::string report = scope.report(); // file, line, "1 block, 53 bytes not freed", and its call stack
  std::fputs(report.c_str(), stdout);
  const bool one = scope.leaks().size() == 1;
  forget();
  return one;
}

static bool make_an_exception() {
  no_allocation_scope scope;
  {
    const allow_allocation_scope allowed;
    work();
  }
  forget();
  return scope.kept();
}

int main() {
  return count() && limit() && find_leaks() && make_an_exception() ? 0 : 1;
}
