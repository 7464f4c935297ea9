// SPDX-License-Identifier: MIT
// Owners for blocks that COM functions hand out.
// source: ours
#pragma once

#include <mallocspy/adapters/aligned_blocks.hpp>
#include <memory>
#include <type_traits>

namespace mallocspy {

// Frees with CoTaskMemFree. For memory, not for objects: no destructor is called.
// threads: any
struct task_mem_deleter {
  template <class T> void operator()(T* block) const noexcept {
    static_assert(std::is_void_v<T> || std::is_trivially_destructible_v<T>, "no destructor would be called");
    CoTaskMemFree(const_cast<std::remove_cv_t<T>*>(block));
  }
};

// Owns what a COM function has allocated for its caller: unique_task_mem<char> text(greeting());
template <class T> using unique_task_mem = std::unique_ptr<T, task_mem_deleter>;

// The same for blocks of any IMalloc, of which it holds a reference.
class imalloc_deleter {
public:
  // allocator: not null; default: the task allocator
  explicit imalloc_deleter(IMalloc* allocator = task_imalloc()) noexcept : m_allocator(allocator) {}

  template <class T> void operator()(T* block) const noexcept {
    static_assert(std::is_void_v<T> || std::is_trivially_destructible_v<T>, "no destructor would be called");
    m_allocator.get()->Free(const_cast<std::remove_cv_t<T>*>(block));
  }

private:
  imalloc_ref m_allocator;
};

} // namespace mallocspy
