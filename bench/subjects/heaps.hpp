// SPDX-License-Identifier: MIT
// Private heaps, and a heap of raw mimalloc, which is what they are compared with. The heap is there as long as the subject
// is measured; mimalloc 2 wants it made by the thread that uses it.
#pragma once

#include "workloads/filled.hpp"

#include <cstddef>
#include <mallocspy/heapapi.hpp>
#include <mimalloc.h>

namespace mallocspy::bench {

struct mimalloc_heap {
  static constexpr const char* name = "mi_heap";

  struct in_force {
    in_force() {
      create();
    }
    in_force(const in_force&) = delete;
    in_force& operator=(const in_force&) = delete;
    ~in_force() {
      destroy();
    }
  };

  static void create() {
    heap = static_cast<mi_heap_t*>(present(mi_heap_new()));
  }
  static void destroy() {
    mi_heap_destroy(heap);
  }
  static void* alloc(std::size_t size) {
    return mi_heap_malloc(heap, size);
  }
  static void* realloc(void* block, std::size_t size) {
    return mi_heap_realloc(heap, block, size);
  }
  static void free(void* block) {
    mi_free(block);
  }
  static void* aligned(std::size_t alignment, std::size_t size) {
    return mi_heap_malloc_aligned(heap, size, alignment);
  }
  static std::size_t size(void* block) {
    return mi_usable_size(block);
  }

private:
  inline static mi_heap_t* heap = nullptr;
};

template <DWORD Options> struct private_heap_memory {
  static void create() {
    heap = present(HeapCreate(Options, 0, 0));
  }
  static void destroy() {
    HeapDestroy(heap);
  }

  struct in_force {
    in_force() {
      create();
    }
    in_force(const in_force&) = delete;
    in_force& operator=(const in_force&) = delete;
    ~in_force() {
      destroy();
    }
  };

  static void* alloc(std::size_t size) {
    return HeapAlloc(heap, 0, size);
  }
  static void* realloc(void* block, std::size_t size) {
    return block == nullptr ? alloc(size) : HeapReAlloc(heap, 0, block, size);
  }
  static void free(void* block) {
    HeapFree(heap, 0, block);
  }
  static void* aligned(std::size_t, std::size_t size) {
    return alloc(size); // heaps have no alignment beyond 16; no workload of theirs asks for it
  }
  static std::size_t size(void* block) {
    return HeapSize(heap, 0, block);
  }

private:
  inline static HANDLE heap = nullptr;
};

struct heap_unserialized : private_heap_memory<HEAP_NO_SERIALIZE> {
  static constexpr const char* name = "heap";
};
struct heap_serialized : private_heap_memory<0> {
  static constexpr const char* name = "heap_locked";
};

} // namespace mallocspy::bench
