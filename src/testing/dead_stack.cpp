// SPDX-License-Identifier: MIT
#include <cstring>
#include <mallocspy/testing/framework_glue.hpp>

namespace mallocspy::testing_detail {

void clear_dead_stack() noexcept {
  unsigned char dead[65536];
  std::memset(dead, 0, sizeof dead);
  __asm__ volatile("" : : "r"(dead) : "memory"); // so that it is done, though nobody reads it
}

} // namespace mallocspy::testing_detail
