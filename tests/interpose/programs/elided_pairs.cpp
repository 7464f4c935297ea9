// SPDX-License-Identifier: MIT
// New-expressions that a compiler may leave out, in pairs, and calls that it may not. What stays must come in pairs too,
// and the program must mean the same. Compiled with all optimisations, whatever the rest is compiled with.
#include "interpose/process_spy.hpp"

#include <cstdio>
#include <memory>
#include <new>
#include <unistd.h>

namespace {

struct pair_of_numbers {
  int first;
  int second;
};

// All of it can be computed without memory.
__attribute__((noinline)) int visible_pairs(int n) {
  int sum = 0;
  for (int i = 0; i < n; ++i) {
    auto* p = new pair_of_numbers{i, 1};
    sum += p->first + p->second;
    delete p;
    const std::unique_ptr<int[]> several(new int[7]{i});
    sum -= several[0];
    delete new char('x');
  }
  return sum;
}

// Calls of the functions themselves: none may be left out.
__attribute__((noinline)) void calls(int n) {
  for (int i = 0; i < n; ++i) {
    ::operator delete(::operator new(53));
    ::operator delete[](::operator new[](59));
  }
}

// new in one function and delete in another, through a pointer that escapes.
int* volatile escaped = nullptr;
__attribute__((noinline)) void escaping_pair() {
  escaped = new int(37);
  delete escaped;
}

} // namespace

int main(int argc, char**) {
  mallocspy::tests::process_spy& spy = mallocspy::tests::process_spy::begin();
  const int n = 100 * argc;
  const int sum = visible_pairs(n);
  const std::size_t visible = spy.allocations.load();
  const std::size_t visible_frees = spy.frees.load();
  calls(n);
  const std::size_t called = spy.allocations.load() - visible;
  const std::size_t called_frees = spy.frees.load() - visible_frees;
  escaping_pair();
  const std::size_t escaped_ones = spy.allocations.load() - visible - called;
  const std::size_t live = spy.allocations.load() - spy.frees.load();
  char line[200];
  const int length =
      std::snprintf(line, sizeof line, "sum %d; %s; calls %zu, %zu; escaped %zu; live %zu\n", sum,
                    visible <= 300 && visible == visible_frees ? "visible ones in pairs" : "visible ones not in pairs",
                    called, called_frees, escaped_ones, live);
  return ::write(STDOUT_FILENO, line, static_cast<std::size_t>(length)) == length ? 0 : 1;
}
