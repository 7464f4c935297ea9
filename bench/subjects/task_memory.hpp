// SPDX-License-Identifier: MIT
// mallocspy without a spy, and what its other subjects share.
#pragma once

#include <mallocspy/mallocspy.h>
#include <mallocspy/mallocspy.hpp>

namespace mallocspy::bench {

struct task_memory {
  static void* alloc(std::size_t size) {
    return CoTaskMemAlloc(size);
  }
  static void* realloc(void* block, std::size_t size) {
    return CoTaskMemRealloc(block, size);
  }
  static void free(void* block) {
    CoTaskMemFree(block);
  }
  static void* aligned(std::size_t alignment, std::size_t size) {
    return mallocspy_aligned_alloc(alignment, size);
  }
  static std::size_t size(void* block) {
    return mallocspy_size(block);
  }

  // returns: the task allocator as clients see it
  static IMalloc* object() {
    IMalloc* allocator = nullptr;
    CoGetMalloc(MEMCTX_TASK, &allocator);
    return allocator;
  }
};

struct unspied : task_memory {
  static constexpr const char* name = "mallocspy";
  struct in_force {};
};

} // namespace mallocspy::bench
