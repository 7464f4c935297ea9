// SPDX-License-Identifier: MIT
// Several spies at once: the first one stands next to the program, the last one next to the heap.
#include <cstdio>
#include <mallocspy/mallocspy.hpp>
#include <mallocspy/spies.hpp>

using namespace mallocspy;

int main() {
  statistics counts;
  fault_injector faults(fault_plan::every(3));
  guard zones;
  chain all{&counts, &faults, &zones};
  const scoped_spy registration(&all);
  for (int i = 0; i < 9; ++i) {
    CoTaskMemFree(CoTaskMemAlloc(53));
  }
  const allocation_counts seen = counts.counts();
  std::printf("%d allocations, %d failures\n", static_cast<int>(seen.allocations), static_cast<int>(seen.failures));
  return seen.allocations == 6 && seen.failures == 3 && faults.outcome().failed == 3 && zones.check_all() == 0 ? 0 : 1;
}
