// SPDX-License-Identifier: MIT
// What HEAP_GENERATE_EXCEPTIONS throws. There are no structured exceptions off Windows.
// source: ours, with the codes of Win32
#pragma once

#include <exception>
#include <mallocspy/contract/export.h>
#include <mallocspy/contract/types.hpp>

namespace mallocspy {

#if !defined(_WIN32)
#ifndef STATUS_ACCESS_VIOLATION
inline constexpr DWORD STATUS_ACCESS_VIOLATION = 0xC0000005U;
#endif
#ifndef STATUS_NO_MEMORY
inline constexpr DWORD STATUS_NO_MEMORY = 0xC0000017U;
#endif
#endif

// Thrown by HeapAlloc and HeapReAlloc instead of a null return, if the heap or the call has HEAP_GENERATE_EXCEPTIONS. The
// heap's lock is free when it is thrown, and nothing has changed.
class MALLOCSPY_API heap_exception : public std::exception {
public:
  explicit heap_exception(DWORD code) noexcept : m_code(code) {}
  heap_exception(const heap_exception&) = default;
  heap_exception& operator=(const heap_exception&) = default;
  ~heap_exception() override;

  // returns: STATUS_NO_MEMORY: the heap has no room, or the block cannot stay in place; STATUS_ACCESS_VIOLATION: the handle
  //   is no heap, or the pointer no block of it
  DWORD code() const noexcept {
    return m_code;
  }

  const char* what() const noexcept override;

private:
  DWORD m_code;
};

} // namespace mallocspy
