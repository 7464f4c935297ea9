// SPDX-License-Identifier: MIT
// mimalloc alone: what the others are divided by.
#pragma once

#include <cstddef>
#include <mimalloc.h>

namespace mallocspy::bench {

struct raw_mimalloc {
  static constexpr const char* name = "mimalloc";

  // What a subject needs for as long as it is measured.
  struct in_force {};

  static void* alloc(std::size_t size) {
    return mi_malloc(size);
  }
  static void* realloc(void* block, std::size_t size) {
    return mi_realloc(block, size);
  }
  static void free(void* block) {
    mi_free(block);
  }
  static void* aligned(std::size_t alignment, std::size_t size) {
    return mi_malloc_aligned(size, alignment);
  }
  static std::size_t size(void* block) {
    return mi_usable_size(block);
  }
};

} // namespace mallocspy::bench
