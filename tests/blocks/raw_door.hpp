// SPDX-License-Identifier: MIT
// The raw operations in the shape that the tests share: a door has alloc, free, realloc, size and owns.
#pragma once

#include "blocks/raw_heap.hpp"

#include <mallocspy/blocks/ownership.hpp>

namespace mallocspy::tests {

struct raw_door {
  static constexpr std::size_t no_size = static_cast<std::size_t>(-1);

  static void* alloc(std::size_t size) {
    return blocks::raw_allocate(size);
  }
  static void free(void* p) {
    blocks::raw_free(p, "Free");
  }
  static void* realloc(void* p, std::size_t size) {
    if (size == 0) {
      blocks::raw_free(p, "Realloc");
      return nullptr;
    }
    return blocks::raw_reallocate(p, size, "Realloc", [](std::size_t) {});
  }
  static std::size_t size(const void* p) {
    return requested_size(p);
  }
  static bool owns(const void* p) {
    return mallocspy::owns(p);
  }
};

} // namespace mallocspy::tests
