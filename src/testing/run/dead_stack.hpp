// SPDX-License-Identifier: MIT
// Stale pointers below the frames that are in use.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include <cstddef>
#include <cstring>

namespace mallocspy::testing_detail {

// effects: overwrites so many bytes of the stack below the caller's frame, where calls that have ended left pointers
template <std::size_t Bytes> __attribute__((noinline)) void clear_stack_below() noexcept {
  unsigned char dead[Bytes];
  std::memset(dead, 0, sizeof dead);
  __asm__ volatile("" : : "r"(dead) : "memory"); // so that it is done, though nobody reads it
}

} // namespace mallocspy::testing_detail
