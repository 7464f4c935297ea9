// SPDX-License-Identifier: MIT
// HeapValidate, HeapCompact, HeapLock, HeapUnlock.
#include "blocks/backing.hpp"
#include "heap/failure.hpp"
#include "heap/handles.hpp"
#include "heap/process_heap.hpp"
#include "task/process_gate.hpp"

#include <mallocspy/heap/locking.hpp>
#include <mallocspy/heap/memory.hpp>

namespace mallocspy {

using namespace heap;

namespace {

BOOL as_bool(bool value) noexcept {
  return value ? TRUE : FALSE;
}

} // namespace

BOOL HeapValidate(HANDLE hHeap, DWORD dwFlags, LPCVOID lpMem) noexcept {
  const heap_use use(hHeap, dwFlags);
  if (use) {
    return as_bool(lpMem == nullptr ? use->is_sound() : use->size_of(lpMem) != blocks::no_size);
  }
  if (!is_process_heap(hHeap)) {
    return FALSE;
  }
  const bool serialized = (dwFlags & HEAP_NO_SERIALIZE) == 0;
  if (lpMem != nullptr) {
    return as_bool(process_size(lpMem, serialized) != blocks::no_size);
  }
  if (serialized) {
    task::enter_process_heap();
  }
  return as_bool(process_heap_is_sound());
}

SIZE_T HeapCompact(HANDLE hHeap, DWORD dwFlags) noexcept {
  SIZE_T largest = 0;
  {
    const heap_use use(hHeap, dwFlags);
    if (use) {
      largest = use->compact();
    } else if (is_process_heap(hHeap)) {
      if ((dwFlags & HEAP_NO_SERIALIZE) == 0) {
        task::enter_process_heap();
      }
      blocks::backing::minimize();
    } else {
      SetLastError(ERROR_INVALID_HANDLE);
      return 0;
    }
  }
  if (largest == 0) {
    SetLastError(NO_ERROR);
  }
  return largest;
}

BOOL HeapLock(HANDLE hHeap) noexcept {
  if (is_process_heap(hHeap)) {
    task::hold_gate();
    return TRUE;
  }
  const heap_use use(hHeap, 0);
  if (!use) {
    return fail(ERROR_INVALID_HANDLE);
  }
  if ((use->options & HEAP_NO_SERIALIZE) == 0) {
    use->gate.hold();
  }
  return TRUE;
}

BOOL HeapUnlock(HANDLE hHeap) noexcept {
  if (is_process_heap(hHeap)) {
    return task::leave_gate() ? TRUE : fail(ERROR_NOT_OWNER);
  }
  private_heap* heap = find_private_heap(hHeap);
  if (heap == nullptr) {
    return fail(ERROR_INVALID_HANDLE);
  }
  if ((heap->options & HEAP_NO_SERIALIZE) != 0) {
    return TRUE;
  }
  // Not through heap_use, which would wait for the owner.
  heap->gate.lock();
  const bool released = heap->gate.release();
  heap->gate.unlock();
  return released ? TRUE : fail(ERROR_NOT_OWNER);
}

} // namespace mallocspy
