// SPDX-License-Identifier: MIT
// An allocator for the standard library's containers over any IMalloc.
// source: ours
#pragma once

#include <cstdlib>
#include <mallocspy/adapters/aligned_blocks.hpp>
#include <new>
#include <type_traits>

namespace mallocspy {

// std::vector<int, imalloc_allocator<int>> lives on the task allocator. Over-aligned types are aligned. Each copy holds a
// reference of the IMalloc; two are equal if they have the same. Moves along with a container's contents.
// errors: std::bad_alloc
// threads: as of the IMalloc: any, for the task allocator
template <class T> class imalloc_allocator {
public:
  using value_type = T;
  using propagate_on_container_copy_assignment = std::true_type;
  using propagate_on_container_move_assignment = std::true_type;
  using propagate_on_container_swap = std::true_type;

  imalloc_allocator() noexcept : imalloc_allocator(task_imalloc()) {}
  // allocator: not null
  explicit imalloc_allocator(IMalloc* allocator) noexcept : m_allocator(allocator) {}
  // NOLINTNEXTLINE(google-explicit-constructor): containers convert allocators silently
  template <class U> imalloc_allocator(const imalloc_allocator<U>& other) noexcept : m_allocator(other.allocator()) {}

  T* allocate(std::size_t count) {
    void* block = count > SIZE_MAX / sizeof(T) ? nullptr : allocate_aligned(*m_allocator, count * sizeof(T), alignof(T));
    if (block == nullptr) {
#if defined(__cpp_exceptions)
      throw std::bad_alloc();
#else
      std::abort();
#endif
    }
    return static_cast<T*>(block);
  }
  void deallocate(T* block, std::size_t) noexcept {
    free_aligned(*m_allocator, block, alignof(T));
  }

  IMalloc* allocator() const noexcept {
    return m_allocator.get();
  }

private:
  imalloc_ref m_allocator;
};

template <class T, class U> bool operator==(const imalloc_allocator<T>& a, const imalloc_allocator<U>& b) noexcept {
  return a.allocator() == b.allocator();
}
template <class T, class U> bool operator!=(const imalloc_allocator<T>& a, const imalloc_allocator<U>& b) noexcept {
  return !(a == b);
}

} // namespace mallocspy
