// SPDX-License-Identifier: MIT
// A function to sweep.
#pragma once

#include <mallocspy/mallocspy.hpp>

namespace mallocspy::tests {

// Eight blocks of 101 to 108 bytes, alive together; true if all are there. Forgets the first one if the sixth is refused.
// Not inlined: its name is looked for.
[[gnu::noinline]] inline bool eight_blocks(bool leaks) {
  void* blocks[8] = {};
  bool complete = true;
  for (unsigned i = 0; i < 8; ++i) {
    blocks[i] = CoTaskMemAlloc(101 + i);
    complete = complete && blocks[i] != nullptr;
  }
  for (unsigned i = leaks && blocks[5] == nullptr ? 1 : 0; i < 8; ++i) {
    CoTaskMemFree(blocks[i]);
  }
  blocks[0] = nullptr;
  return complete;
}

} // namespace mallocspy::tests
