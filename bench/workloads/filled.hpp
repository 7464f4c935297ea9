// SPDX-License-Identifier: MIT
// A program writes what it asks for, so workloads with live blocks do.
#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace mallocspy::bench {

// effects: ends the worker if there is no block
// returns: the block
inline void* present(void* block) noexcept {
  if (block == nullptr) {
    std::fputs("bench worker: out of memory\n", stderr);
    std::_Exit(2);
  }
  return block;
}

// effects: writes every byte of the block
// returns: the block
inline void* filled(void* block, std::size_t size) noexcept {
  return std::memset(present(block), 0x5a, size);
}

} // namespace mallocspy::bench
