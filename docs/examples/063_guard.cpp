// SPDX-License-Identifier: MIT
// A write beyond a block and a write to a freed one: each is told with the stacks of allocation and free.
#include <cstdio>
#include <mallocspy/mallocspy.hpp>
#include <mallocspy/spies.hpp>

using namespace mallocspy;

int main() {
  guard spy;
  const scoped_spy registration(&spy);
  auto* block = static_cast<volatile char*>(CoTaskMemAlloc(53));
  block[53] = 1; // the first byte behind it
  CoTaskMemFree(const_cast<char*>(block));
  block[7] = 1; // it is not ours any more
  const std::size_t found = spy.check_all();
  std::printf("one when the block was freed, %zu by looking at all\n", found);
  return found == 1 && spy.findings() == 2 ? 0 : 1;
}
