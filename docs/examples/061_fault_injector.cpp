// SPDX-License-Identifier: MIT
// Each allocation of a function fails in turn: does it clean up?
#include <cstdio>
#include <mallocspy/mallocspy.hpp>
#include <mallocspy/spies.hpp>

using namespace mallocspy;

// Forgets its first block if there is no memory for the second.
static bool make_two() {
  void* first = CoTaskMemAlloc(53);
  void* second = first == nullptr ? nullptr : CoTaskMemAlloc(61);
  if (second == nullptr) {
    return false;
  }
  CoTaskMemFree(second);
  CoTaskMemFree(first);
  return true;
}

int main() {
  const auto spy = make_spy<fault_injector>(); // lives as long as the blocks that are lost
  const scoped_spy registration(spy.get());
  std::uint64_t n = 0;
  do {
    spy->arm(fault_plan::nth(++n));
    const bool done = make_two();
    std::printf("allocation %d fails: %s\n", static_cast<int>(n), done ? "no, there are fewer" : "reported");
  } while (spy->outcome().fired());
  const HRESULT lost = CoRevokeMallocSpy(); // E_ACCESSDENIED: blocks of the spy are alive
  return n == 3 && lost == E_ACCESSDENIED ? 0 : 1;
}
