// SPDX-License-Identifier: MIT
// Containers on the task allocator, and an owner for what a COM function hands out.
#include <cstdio>
#include <cstring>
#include <mallocspy/adapters/adapters.hpp>
#include <mallocspy/mallocspy.hpp>
#include <mallocspy/spies.hpp>
#include <string>
#include <vector>

using namespace mallocspy;

int main() {
  statistics spy;
  const scoped_spy registration(&spy);
  {
    imalloc_resource resource; // or over an IMalloc of your own
    const std::pmr::string text(100, 'x', &resource);
    const std::vector<int, imalloc_allocator<int>> numbers(10, 1);
    const unique_task_mem<char> greeting(static_cast<char*>(CoTaskMemAlloc(6)));
    std::memcpy(greeting.get(), "hello", 6);
    std::printf("%s: %d blocks\n", greeting.get(), static_cast<int>(spy.counts().live_blocks));
  }
  return spy.counts().allocations == 3 && spy.counts().live_blocks == 0 ? 0 : 1;
}
