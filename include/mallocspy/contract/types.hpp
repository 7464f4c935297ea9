// SPDX-License-Identifier: MIT
// The Windows types of the contract, of the same width on every platform. On Windows they are the SDK's own.
// source: Win32
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(_WIN32)
#include <objbase.h>
#else
// Empty where a platform has only one calling convention. Other ports of COM define it too, hence the guard.
#ifndef STDMETHODCALLTYPE
#define STDMETHODCALLTYPE
#endif
#endif

namespace mallocspy {

#if defined(_WIN32)

using ::BOOL;
using ::BYTE;
using ::DWORD;
using ::GUID;
using ::HANDLE;
using ::HRESULT;
using ::IID;
using ::LONG;
using ::LPCVOID;
using ::LPVOID;
using ::PVOID;
using ::SIZE_T;
using ::ULONG;
using ::WORD;

#else

using HRESULT = std::int32_t; // negative: failure
using LONG = std::int32_t;
using ULONG = std::uint32_t; // 32 bits on LP64 too, unlike unsigned long
using DWORD = std::uint32_t;
using WORD = std::uint16_t;
using BYTE = std::uint8_t;
using BOOL = int;
using SIZE_T = std::size_t;
using HANDLE = void*;
using PVOID = void*;
using LPVOID = void*;
using LPCVOID = const void*;

struct GUID {
  std::uint32_t Data1;
  std::uint16_t Data2;
  std::uint16_t Data3;
  std::uint8_t Data4[8];
};
using IID = GUID;

// returns: whether all sixteen bytes are equal
constexpr bool operator==(const GUID& a, const GUID& b) noexcept {
  if (a.Data1 != b.Data1 || a.Data2 != b.Data2 || a.Data3 != b.Data3) {
    return false;
  }
  for (int i = 0; i < 8; ++i) {
    if (a.Data4[i] != b.Data4[i]) {
      return false;
    }
  }
  return true;
}
constexpr bool operator!=(const GUID& a, const GUID& b) noexcept {
  return !(a == b);
}

// Guarded one by one: curses, GLib and other ports of Windows headers define them as macros.
#ifndef TRUE
inline constexpr BOOL TRUE = 1;
#endif
#ifndef FALSE
inline constexpr BOOL FALSE = 0;
#endif

#endif

using REFIID = const IID&;

} // namespace mallocspy
