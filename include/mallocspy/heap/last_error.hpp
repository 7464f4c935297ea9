// SPDX-License-Identifier: MIT
// The last error of each thread, and the values that the heap functions store there.
// source: Win32. Another port of Windows headers may have its own: where GetLastError or SetLastError is a macro, or
// MALLOCSPY_NO_LAST_ERROR is defined, these two functions are left out. The constants are guarded one by one.
#pragma once

#include <mallocspy/contract/export.h>
#include <mallocspy/contract/types.hpp>

#if defined(_WIN32)
#include <windows.h>
#endif

namespace mallocspy {

#if defined(_WIN32)

using ::GetLastError;
using ::SetLastError;

#else

#ifndef ERROR_SUCCESS
inline constexpr DWORD ERROR_SUCCESS = 0;
#endif
#ifndef NO_ERROR
inline constexpr DWORD NO_ERROR = 0;
#endif
#ifndef ERROR_INVALID_HANDLE
inline constexpr DWORD ERROR_INVALID_HANDLE = 6;
#endif
#ifndef ERROR_NOT_ENOUGH_MEMORY
inline constexpr DWORD ERROR_NOT_ENOUGH_MEMORY = 8;
#endif
#ifndef ERROR_GEN_FAILURE
inline constexpr DWORD ERROR_GEN_FAILURE = 31;
#endif
#ifndef ERROR_NOT_SUPPORTED
inline constexpr DWORD ERROR_NOT_SUPPORTED = 50;
#endif
#ifndef ERROR_INVALID_PARAMETER
inline constexpr DWORD ERROR_INVALID_PARAMETER = 87;
#endif
#ifndef ERROR_INSUFFICIENT_BUFFER
inline constexpr DWORD ERROR_INSUFFICIENT_BUFFER = 122;
#endif
#ifndef ERROR_NO_MORE_ITEMS
inline constexpr DWORD ERROR_NO_MORE_ITEMS = 259;
#endif
#ifndef ERROR_NOT_OWNER
inline constexpr DWORD ERROR_NOT_OWNER = 288;
#endif
#ifndef ERROR_NOACCESS
inline constexpr DWORD ERROR_NOACCESS = 998;
#endif

#if !defined(MALLOCSPY_NO_LAST_ERROR) && !defined(GetLastError) && !defined(SetLastError)

// returns: what this thread stored last; 0 before. IMalloc and the functions Co* never change it
// threads: any; each has its own
MALLOCSPY_API DWORD GetLastError() noexcept;

// effects: stores the value for this thread. threads: any
MALLOCSPY_API void SetLastError(DWORD dwErrCode) noexcept;

#endif

#endif

} // namespace mallocspy
