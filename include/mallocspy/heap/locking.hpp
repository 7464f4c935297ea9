// SPDX-License-Identifier: MIT
// A heap that one thread keeps to itself for a while.
// source: Win32
#pragma once

#include <mallocspy/contract/export.h>
#include <mallocspy/contract/types.hpp>

#if defined(_WIN32)
#include <windows.h>
#endif

namespace mallocspy {

#if defined(_WIN32)

using ::HeapLock;
using ::HeapUnlock;

#else

// effects: waits until no other thread has locked the heap, and locks it: calls of other threads wait until it is unlocked
//   as often as it was locked. This thread may go on using the heap. A heap of HEAP_NO_SERIALIZE is not locked, nor does a
//   call with that flag wait. Of the process heap, calls that have begun may finish, calls from inside a spy's hook among
//   them; those that begin afterwards wait, CoTaskMemAlloc and its like too
// returns: TRUE, or FALSE on failure
// errors: ERROR_INVALID_HANDLE
// threads: any. The lock belongs to the thread, which must not end with it. In the child of a fork it is free, unless the
//   thread that forked held it. Who locks the process heap inside a spy's hook, while the owner waits for that spy, waits
//   for ever; so does a hook that waits for another thread's call
MALLOCSPY_API BOOL HeapLock(HANDLE hHeap) noexcept;

// effects: undoes one HeapLock. returns: TRUE, or FALSE on failure
// errors: ERROR_NOT_OWNER: this thread has not locked it; ERROR_INVALID_HANDLE
// threads: the one that locked it
MALLOCSPY_API BOOL HeapUnlock(HANDLE hHeap) noexcept;

#endif

} // namespace mallocspy
