// SPDX-License-Identifier: MIT
// The heaps of a process: the one that it always has, and those that it makes.
// source: Win32
#pragma once

#include <mallocspy/contract/export.h>
#include <mallocspy/contract/types.hpp>

#if defined(_WIN32)
#include <windows.h>
#endif

namespace mallocspy {

#if defined(_WIN32)

using ::GetProcessHeap;
using ::GetProcessHeaps;
using ::HeapCreate;
using ::HeapDestroy;

#else

using PHANDLE = HANDLE*;

// returns: the process heap, on which the task allocator's blocks lie: always the same, never null. It grows, it is
//   serialized, and it cannot be destroyed
// threads: any
MALLOCSPY_API HANDLE GetProcessHeap() noexcept;

// effects: stores the heaps of the process, the process heap first, then private ones in the order of their creation; as
//   many as fit into NumberOfHeaps places
// returns: how many there are, also where fewer were stored
// threads: any
MALLOCSPY_API DWORD GetProcessHeaps(DWORD NumberOfHeaps, PHANDLE ProcessHeaps) noexcept;

// effects: makes a private heap. Its memory is its own: it is neither the process heap's nor malloc's. It may be used from
//   any thread, whether or not the one that made it still lives
//   flOptions      HEAP_NO_SERIALIZE, HEAP_GENERATE_EXCEPTIONS; others are ignored but HEAP_CREATE_ENABLE_EXECUTE
//   dwInitialSize  bytes that must be there; pages become memory when they are touched. 0: one page
//   dwMaximumSize  0: the heap grows as long as there is memory. Else it is fixed: it has this many bytes, rounded up to a
//                  page and raised to dwInitialSize, of which 2 KiB (1.5 KiB on 32 bits) count as its own; what it needs
//                  beside them to remember its blocks is up to 1/16 of it. A block takes its size rounded up to 16 bytes,
//                  16 at least, and is smaller than 0xFF000 bytes (0x7F000 on 32 bits)
// returns: the heap's handle, which is no address; null on failure
// errors: ERROR_NOT_ENOUGH_MEMORY; ERROR_NOT_SUPPORTED: HEAP_CREATE_ENABLE_EXECUTE was asked for
// threads: any
MALLOCSPY_API HANDLE HeapCreate(DWORD flOptions, SIZE_T dwInitialSize, SIZE_T dwMaximumSize) noexcept;

// effects: gives all of the heap's memory back to the system; its blocks need not be freed before. The handle is dead
//   afterwards: every function knows it for what it is, and no later heap gets it again
// returns: TRUE, or FALSE on failure
// errors: ERROR_INVALID_HANDLE: null, the process heap, or no heap
// threads: any, not only the one that made it. Of a serialized heap, it waits for calls of other threads and for its lock;
//   those that wait for the lock then find the handle dead
MALLOCSPY_API BOOL HeapDestroy(HANDLE hHeap) noexcept;

#endif

} // namespace mallocspy
