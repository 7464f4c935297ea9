// SPDX-License-Identifier: MIT
// The flags of the heap functions.
// source: Win32. Guarded one by one: other ports of Windows headers define them as macros.
#pragma once

#include <mallocspy/contract/types.hpp>

#if defined(_WIN32)
#include <windows.h>
#endif

namespace mallocspy {

#if !defined(_WIN32)

#ifndef HEAP_NO_SERIALIZE
inline constexpr DWORD HEAP_NO_SERIALIZE = 0x00000001; // HeapCreate and every function with flags: no lock
#endif
#ifndef HEAP_GROWABLE
inline constexpr DWORD HEAP_GROWABLE = 0x00000002; // ignored
#endif
#ifndef HEAP_GENERATE_EXCEPTIONS
inline constexpr DWORD HEAP_GENERATE_EXCEPTIONS =
    0x00000004; // HeapCreate, HeapAlloc, HeapReAlloc: failures throw heap_exception
#endif
#ifndef HEAP_ZERO_MEMORY
inline constexpr DWORD HEAP_ZERO_MEMORY = 0x00000008; // HeapAlloc, HeapReAlloc: new bytes are zero
#endif
#ifndef HEAP_REALLOC_IN_PLACE_ONLY
inline constexpr DWORD HEAP_REALLOC_IN_PLACE_ONLY = 0x00000010; // HeapReAlloc: fails rather than moves
#endif
#ifndef HEAP_TAIL_CHECKING_ENABLED
inline constexpr DWORD HEAP_TAIL_CHECKING_ENABLED = 0x00000020; // ignored, as all that follow but one
#endif
#ifndef HEAP_FREE_CHECKING_ENABLED
inline constexpr DWORD HEAP_FREE_CHECKING_ENABLED = 0x00000040;
#endif
#ifndef HEAP_DISABLE_COALESCE_ON_FREE
inline constexpr DWORD HEAP_DISABLE_COALESCE_ON_FREE = 0x00000080;
#endif
#ifndef HEAP_CREATE_SEGMENT_HEAP
inline constexpr DWORD HEAP_CREATE_SEGMENT_HEAP = 0x00000100;
#endif
#ifndef HEAP_CREATE_HARDENED
inline constexpr DWORD HEAP_CREATE_HARDENED = 0x00000200;
#endif
#ifndef HEAP_CREATE_ALIGN_16
inline constexpr DWORD HEAP_CREATE_ALIGN_16 = 0x00010000;
#endif
#ifndef HEAP_CREATE_ENABLE_TRACING
inline constexpr DWORD HEAP_CREATE_ENABLE_TRACING = 0x00020000;
#endif
#ifndef HEAP_CREATE_ENABLE_EXECUTE
inline constexpr DWORD HEAP_CREATE_ENABLE_EXECUTE = 0x00040000; // HeapCreate: not supported, see there
#endif

// Every block is aligned to as many bytes.
#ifndef MEMORY_ALLOCATION_ALIGNMENT
inline constexpr SIZE_T MEMORY_ALLOCATION_ALIGNMENT = 2 * sizeof(void*);
#endif

#endif

} // namespace mallocspy
