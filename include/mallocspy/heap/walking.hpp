// SPDX-License-Identifier: MIT
// Looking through a heap: what is in it, and how much.
// source: Win32
#pragma once

#include <mallocspy/contract/export.h>
#include <mallocspy/contract/types.hpp>

#if defined(_WIN32)
#include <windows.h>
#endif

namespace mallocspy {

#if defined(_WIN32)

using ::HEAP_SUMMARY;
using ::HeapSummary;
using ::HeapWalk;
using ::PROCESS_HEAP_ENTRY;

#else

// wFlags of an entry. 0: a free block.
#ifndef PROCESS_HEAP_REGION
inline constexpr WORD PROCESS_HEAP_REGION = 0x0001;            // the entry is a region, not a block
#endif
#ifndef PROCESS_HEAP_UNCOMMITTED_RANGE
inline constexpr WORD PROCESS_HEAP_UNCOMMITTED_RANGE = 0x0002; // never set here
#endif
#ifndef PROCESS_HEAP_ENTRY_BUSY
inline constexpr WORD PROCESS_HEAP_ENTRY_BUSY = 0x0004;        // a live block
#endif
#ifndef PROCESS_HEAP_ENTRY_MOVEABLE
inline constexpr WORD PROCESS_HEAP_ENTRY_MOVEABLE = 0x0010;    // never set here
#endif
#ifndef PROCESS_HEAP_ENTRY_DDESHARE
inline constexpr WORD PROCESS_HEAP_ENTRY_DDESHARE = 0x0020;    // never set here
#endif

// One element of a heap.
struct PROCESS_HEAP_ENTRY {
  struct block_part {
    HANDLE hMem; // null
    DWORD dwReserved[3];
  };
  struct region_part {
    DWORD dwCommittedSize;   // bytes that were in use at some time; 0 if unknown
    DWORD dwUnCommittedSize; // the others; 0 if unknown
    LPVOID lpFirstBlock;
    LPVOID lpLastBlock; // the first address behind
  };

  PVOID lpData;      // block: its address; region: the first address of its blocks; null: start of the walk
  DWORD cbData;      // block: the requested size; free block: its bytes; region: its reserved bytes. 0xFFFFFFFF if more
  BYTE cbOverhead;   // bytes by which a live block is more than was requested, as far as the heap knows; 255 if more
  BYTE iRegionIndex; // the region, in the order of the walk; 255 for all behind it
  WORD wFlags;       // PROCESS_HEAP_*
  union {
    block_part Block;
    region_part Region;
  };
};
using LPPROCESS_HEAP_ENTRY = PROCESS_HEAP_ENTRY*;
using PPROCESS_HEAP_ENTRY = PROCESS_HEAP_ENTRY*;

// effects: goes on to the next element. To start, lpEntry->lpData is null (the rest may be anything); to go on, the entry
//   is as it came back. One region entry comes first; then every live block comes exactly once, with its requested size;
//   free blocks come in between. A private heap that grew shows a region entry for each of its regions, and its large
//   blocks last, which are regions of their own without an entry. All state is in the entry: nothing is to be ended. Of the
//   process heap, the block map is read, so blocks of the program's malloc are not among them
// returns: TRUE, or FALSE at the end and on failure
// errors: ERROR_NO_MORE_ITEMS: the end; ERROR_INVALID_PARAMETER: lpEntry is null, or its block was freed meanwhile;
//   ERROR_INVALID_HANDLE
// threads: any, but what other threads change meanwhile may be missed, or end the walk: lock the heap
MALLOCSPY_API BOOL HeapWalk(HANDLE hHeap, LPPROCESS_HEAP_ENTRY lpEntry) noexcept;

// How much is in a heap, in bytes. cbAllocated <= cbCommitted <= cbReserved <= cbMaxReserve.
struct HEAP_SUMMARY {
  DWORD cb;            // sizeof(HEAP_SUMMARY), to be set before the call
  SIZE_T cbAllocated;  // the sum of the requested sizes of all live blocks
  SIZE_T cbCommitted;  // what was in use at some time; for the process heap the live blocks, rounded up to granules
  SIZE_T cbReserved;   // address space for blocks; for the process heap the same as committed
  SIZE_T cbMaxReserve; // the maximum of a fixed heap, rounded up to a page; for a growable one the same as reserved
};
using PHEAP_SUMMARY = HEAP_SUMMARY*;
using LPHEAP_SUMMARY = HEAP_SUMMARY*;

// effects: fills in the summary. returns: TRUE, or FALSE on failure
// errors: ERROR_INVALID_PARAMETER: lpSummary is null, its cb is wrong, or dwFlags is not 0; ERROR_INVALID_HANDLE
// threads: any
MALLOCSPY_API BOOL HeapSummary(HANDLE hHeap, DWORD dwFlags, LPHEAP_SUMMARY lpSummary) noexcept;

#endif

} // namespace mallocspy
