// SPDX-License-Identifier: MIT
// A private heap for a scope, and what the tests of heaps ask again and again.
#pragma once

#include "support/catch.hpp"

#include <cstdint>
#include <mallocspy/heapapi.hpp>

namespace mallocspy::tests {

inline constexpr SIZE_T no_size = static_cast<SIZE_T>(-1);
inline constexpr DWORD untouched = 0xDEADBEEF; // a last error that no function sets

class some_heap {
public:
  explicit some_heap(DWORD options = 0, SIZE_T initial = 0, SIZE_T maximum = 0)
      : m_handle(HeapCreate(options, initial, maximum)) {
    REQUIRE(m_handle != nullptr);
  }
  some_heap(const some_heap&) = delete;
  some_heap& operator=(const some_heap&) = delete;
  ~some_heap() {
    HeapDestroy(m_handle);
  }
  HANDLE get() const noexcept {
    return m_handle;
  }

private:
  HANDLE m_handle;
};

// returns: the last error that the work leaves, where none was set before
template <class Work> DWORD error_of(Work work) {
  SetLastError(untouched);
  work();
  return GetLastError();
}

inline void* at(void* p, std::ptrdiff_t offset) {
  return static_cast<char*>(p) + offset;
}

inline bool all_zero(const void* p, std::size_t from, std::size_t to) {
  const auto* bytes = static_cast<const unsigned char*>(p);
  for (std::size_t i = from; i < to; ++i) {
    if (bytes[i] != 0) {
      return false;
    }
  }
  return true;
}

} // namespace mallocspy::tests
