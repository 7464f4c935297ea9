// SPDX-License-Identifier: MIT
// A std::pmr::memory_resource over any IMalloc.
// source: ours
#pragma once

#include <cstdlib>
#include <mallocspy/adapters/aligned_blocks.hpp>
#include <memory_resource>
#include <new>

namespace mallocspy {

// Holds a reference of the allocator. Equal to another resource over the same allocator.
// errors: std::bad_alloc where the allocator has no memory, or a spy refuses
// threads: as of the allocator: any, for the task allocator
class imalloc_resource : public std::pmr::memory_resource {
public:
  // allocator: not null; default: the task allocator
  explicit imalloc_resource(IMalloc* allocator = task_imalloc()) noexcept : m_allocator(allocator) {}

  IMalloc* allocator() const noexcept {
    return m_allocator.get();
  }

private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    void* block = allocate_aligned(*m_allocator, bytes, alignment);
    if (block == nullptr) {
#if defined(__cpp_exceptions)
      throw std::bad_alloc();
#else
      std::abort();
#endif
    }
    return block;
  }
  void do_deallocate(void* block, std::size_t, std::size_t alignment) override {
    free_aligned(*m_allocator, block, alignment);
  }
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
#if defined(__cpp_rtti)
    const auto* same_kind = dynamic_cast<const imalloc_resource*>(&other);
    return same_kind != nullptr && same_kind->allocator() == allocator();
#else
    return this == &other;
#endif
  }

  imalloc_ref m_allocator;
};

} // namespace mallocspy
