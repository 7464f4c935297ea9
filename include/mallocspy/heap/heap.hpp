// SPDX-License-Identifier: MIT
// Layer 4, heap: the Win32 heap functions, with exact sizes and an exact answer for every pointer and every handle.
// May include: contract, blocks, task.
//
// What all functions have in common:
//   * The process heap is the heap of the task allocator: a block of CoTaskMemAlloc is a block of it, and the other way
//     round. Heap functions are never seen by a spy.
//   * The flags of a call are added to those of the heap; unknown ones are ignored.
//   * A heap is serialized unless it was created with HEAP_NO_SERIALIZE or the call has that flag: then no lock is taken,
//     and no two threads may be in the heap at once.
//   * A pointer is looked up, never followed: interior, freed, foreign and wild ones, and those of other heaps, are told
//     from blocks without touching what they point to. The same goes for handles: that of a destroyed heap never comes
//     back.
//   * A wrong pointer given to HeapFree or HeapReAlloc is a misuse (blocks/misuse.hpp): besides what the function returns,
//     the misuse handler hears of it, which by default writes one line, or aborts.
//   * HeapAlloc, HeapReAlloc, HeapSize and HeapValidate never touch the last error. The others set it where they fail.
#pragma once

#include <mallocspy/heap/creation.hpp>
#include <mallocspy/heap/flags.hpp>
#include <mallocspy/heap/heap_exception.hpp>
#include <mallocspy/heap/information.hpp>
#include <mallocspy/heap/last_error.hpp>
#include <mallocspy/heap/locking.hpp>
#include <mallocspy/heap/memory.hpp>
#include <mallocspy/heap/walking.hpp>
