// SPDX-License-Identifier: MIT
// What does a piece of code allocate?
#include <cstdio>
#include <mallocspy/mallocspy.hpp>
#include <mallocspy/spies.hpp>

using namespace mallocspy;

int main() {
  statistics spy;
  const scoped_spy registration(&spy);
  void* kept = CoTaskMemAlloc(53);
  const allocation_counts before = spy.counts();
  for (SIZE_T size = 1; size <= 1000; size *= 10) {
    CoTaskMemFree(CoTaskMemAlloc(size));
  }
  const allocation_counts loop = spy.counts() - before;
  std::fputs(spy.report().c_str(), stdout);
  CoTaskMemFree(kept);
  return loop.allocations == 4 && loop.requested_bytes == 1111 && loop.live_blocks == 0 && spy.peak().bytes == 1053 ? 0 : 1;
}
