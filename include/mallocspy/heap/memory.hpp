// SPDX-License-Identifier: MIT
// The blocks of a heap. heap.hpp tells what all functions have in common.
// source: Win32
#pragma once

#include <mallocspy/contract/export.h>
#include <mallocspy/contract/types.hpp>

#if defined(_WIN32)
#include <windows.h>
#endif

namespace mallocspy {

#if defined(_WIN32)

using ::HeapAlloc;
using ::HeapCompact;
using ::HeapFree;
using ::HeapReAlloc;
using ::HeapSize;
using ::HeapValidate;

#else

// effects: a block of dwBytes bytes, aligned to twice the size of a pointer; with HEAP_ZERO_MEMORY all of them are zero,
//   else they are undefined. 0 bytes make a block of their own
// returns: the block; null on failure
// errors: no memory, no room in a fixed heap, no heap: null, or heap_exception with HEAP_GENERATE_EXCEPTIONS
// threads: any
MALLOCSPY_API LPVOID HeapAlloc(HANDLE hHeap, DWORD dwFlags, SIZE_T dwBytes);

// effects: resizes a block. Its contents stay, as far as the new size goes; with HEAP_ZERO_MEMORY the bytes behind the old
//   size are zero. A block that shrinks, to 0 bytes too, stays where it is. One that grows stays if there is room behind
//   it; else it moves, or with HEAP_REALLOC_IN_PLACE_ONLY the call fails
// returns: the block, perhaps in a new place; null on failure, and then the old block is as it was
// errors: as HeapAlloc; lpMem null or no block of this heap: null, or heap_exception
// threads: any
MALLOCSPY_API LPVOID HeapReAlloc(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem, SIZE_T dwBytes);

// effects: frees a block; null is allowed. Where a spy is registered and its client pointers lie in the block of the
//   process heap, they count as freed, without a call to the spy
// returns: TRUE, or FALSE on failure
// errors: ERROR_INVALID_PARAMETER: lpMem is no block of this heap, nothing has changed; ERROR_INVALID_HANDLE
// threads: any
MALLOCSPY_API BOOL HeapFree(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem);

// returns: the requested size of the block, exactly, in bytes; (SIZE_T)-1 if lpMem is no block of this heap, or hHeap no
//   heap. The last error is not set
// threads: any
MALLOCSPY_API SIZE_T HeapSize(HANDLE hHeap, DWORD dwFlags, LPCVOID lpMem) noexcept;

// effects: looks for damage in the heap's own records; with lpMem not null, only whether it is a live block of this heap.
//   Of the process heap the block map is looked through; of a private heap also the lists of free blocks, which lie in
//   memory that a program may write to by mistake
// returns: TRUE if nothing is wrong. The last error is not set
// threads: any
MALLOCSPY_API BOOL HeapValidate(HANDLE hHeap, DWORD dwFlags, LPCVOID lpMem) noexcept;

// effects: puts free blocks together and gives memory that holds none but them back to the system
// returns: the bytes of the largest free block; 0 with NO_ERROR as last error if there is none, and for the process heap,
//   whose free blocks are mimalloc's; 0 with another one on failure
// errors: ERROR_INVALID_HANDLE
// threads: any
MALLOCSPY_API SIZE_T HeapCompact(HANDLE hHeap, DWORD dwFlags) noexcept;

#endif

} // namespace mallocspy
