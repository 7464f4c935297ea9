// SPDX-License-Identifier: MIT
// HeapAlloc, HeapReAlloc, HeapFree, HeapSize. First the private heaps, which are the fast ones; then the process heap, and
// handles that are none.
#include "blocks/misuse_report.hpp"
#include "heap/failure.hpp"
#include "heap/handles.hpp"
#include "heap/process_heap.hpp"

#include <cstring>
#include <mallocspy/heap/memory.hpp>

namespace mallocspy {

using namespace heap;

namespace {

bool serialized(DWORD flags) noexcept {
  return (flags & HEAP_NO_SERIALIZE) == 0;
}

// effects: the bytes of a block that are new to it become zero, if the flags say so
void zero_from(void* block, std::size_t from, std::size_t size, DWORD flags) noexcept {
  if ((flags & HEAP_ZERO_MEMORY) != 0 && from < size) {
    std::memset(static_cast<char*>(block) + from, 0, size - from);
  }
}

MALLOCSPY_COLD void* alloc_elsewhere(HANDLE handle, DWORD flags, std::size_t size) {
  if (!is_process_heap(handle)) {
    return null_or_throw(flags, STATUS_ACCESS_VIOLATION);
  }
  void* block = process_alloc(size, (flags & HEAP_ZERO_MEMORY) != 0, serialized(flags));
  return block != nullptr ? block : null_or_throw(flags, STATUS_NO_MEMORY);
}

// returns: what became of the block of any heap; flags: those of the heap are added
resized resize_anywhere(HANDLE handle, DWORD& flags, void* p, std::size_t size, misuse& wrong) {
  const bool in_place_only = (flags & HEAP_REALLOC_IN_PLACE_ONLY) != 0;
  if (is_process_heap(handle)) {
    return process_resize(p, size, in_place_only, serialized(flags));
  }
  const heap_use use(handle, flags);
  if (!use) {
    wrong.operation = nullptr;
    return {nullptr, blocks::no_size};
  }
  flags |= use->options;
  const std::size_t present = use->size_of(p);
  if (present == blocks::no_size) {
    wrong = use->describe(p, "HeapReAlloc");
    return {nullptr, present};
  }
  return {use->resize(p, present, size, in_place_only), present};
}

// effects: tells the misuse handler about a pointer that is no block, with no lock held. A private heap has described it
void report(const misuse& wrong, const void* p, const char* operation) {
  if (wrong.pointer != nullptr) {
    blocks::report_misuse(wrong);
  } else {
    blocks::report_misuse(p, operation);
  }
}

// effects: as HeapAlloc, where the short ways do not fit
MALLOCSPY_OUT_OF_LINE void* alloc_locked(HANDLE handle, DWORD flags, std::size_t size) {
  void* block = nullptr;
  bool found = false;
  bool zeroed = false;
  {
    const heap_use use(handle, flags);
    if (MALLOCSPY_LIKELY(static_cast<bool>(use))) {
      found = true;
      flags |= use->options;
      block = use->allocate(size);
      zeroed = use->comes_zeroed(size);
    }
  }
  if (MALLOCSPY_LIKELY(block != nullptr)) {
    zero_from(block, zeroed ? size : 0, size, flags); // the block is the caller's already: no lock is needed
    return block;
  }
  return found ? null_or_throw(flags, STATUS_NO_MEMORY) : alloc_elsewhere(handle, flags, size);
}

// effects: as HeapFree, for a pointer that is no block of the private heap, or where there is none
MALLOCSPY_COLD BOOL free_elsewhere(HANDLE handle, DWORD flags, void* p) {
  misuse wrong{misuse_kind::not_a_block, "HeapFree", nullptr, nullptr, 0, 0};
  if (p == nullptr && (is_process_heap(handle) || find_private_heap(handle) != nullptr)) {
    return TRUE;
  }
  if (is_process_heap(handle)) {
    if (process_free(p, serialized(flags))) {
      return TRUE;
    }
  } else {
    const heap_use use(handle, flags);
    if (!use) {
      return fail(ERROR_INVALID_HANDLE);
    }
    wrong = use->describe(p, "HeapFree");
  }
  report(wrong, p, "HeapFree");
  return fail(ERROR_INVALID_PARAMETER);
}

MALLOCSPY_OUT_OF_LINE BOOL free_locked(HANDLE handle, DWORD flags, void* p) {
  {
    const heap_use use(handle, flags);
    if (MALLOCSPY_LIKELY(static_cast<bool>(use)) && MALLOCSPY_LIKELY(use->release(p))) {
      return TRUE;
    }
  }
  return free_elsewhere(handle, flags, p);
}

// The short ways of a serialized heap that was found: nobody holds it, and the block is one of those that are kept.

bool may_go_on(private_heap* heap, HANDLE handle) noexcept {
  return !heap->gate.is_held() && heap->handle.load(std::memory_order_relaxed) == reinterpret_cast<std::uintptr_t>(handle);
}

MALLOCSPY_OUT_OF_LINE void* alloc_serialized(private_heap* heap, HANDLE handle, DWORD flags, std::size_t size) {
  heap->gate.lock();
  void* block = MALLOCSPY_LIKELY(may_go_on(heap, handle)) ? heap->allocate_kept(size) : nullptr;
  heap->gate.unlock();
  return MALLOCSPY_LIKELY(block != nullptr) ? block : alloc_locked(handle, flags, size);
}

MALLOCSPY_OUT_OF_LINE BOOL free_serialized(private_heap* heap, HANDLE handle, DWORD flags, void* p) {
  heap->gate.lock();
  const bool freed = MALLOCSPY_LIKELY(may_go_on(heap, handle)) && heap->release_short(p);
  heap->gate.unlock();
  return MALLOCSPY_LIKELY(freed) ? TRUE : free_locked(handle, flags, p);
}

} // namespace

LPVOID HeapAlloc(HANDLE hHeap, DWORD dwFlags, SIZE_T dwBytes) {
  private_heap* heap = find_private_heap(hHeap);
  if (MALLOCSPY_LIKELY(heap != nullptr)) {
    const DWORD flags = (dwFlags | heap->options) & (HEAP_NO_SERIALIZE | HEAP_ZERO_MEMORY);
    if (flags == 0) {
      return alloc_serialized(heap, hHeap, dwFlags, dwBytes);
    }
    void* block = flags == HEAP_NO_SERIALIZE ? heap->allocate_kept(dwBytes) : nullptr;
    if (MALLOCSPY_LIKELY(block != nullptr)) {
      return block;
    }
  }
  return alloc_locked(hHeap, dwFlags, dwBytes);
}

LPVOID HeapReAlloc(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem, SIZE_T dwBytes) {
  DWORD flags = dwFlags;
  misuse wrong{misuse_kind::not_a_block, "HeapReAlloc", nullptr, nullptr, 0, 0};
  const resized result = resize_anywhere(hHeap, flags, lpMem, dwBytes, wrong);
  if (MALLOCSPY_LIKELY(result.block != nullptr)) {
    zero_from(result.block, result.present, dwBytes, flags);
    return result.block;
  }
  if (result.present != blocks::no_size) {
    return null_or_throw(flags, STATUS_NO_MEMORY);
  }
  if (lpMem != nullptr && wrong.operation != nullptr) {
    report(wrong, lpMem, "HeapReAlloc");
  }
  return null_or_throw(flags, STATUS_ACCESS_VIOLATION);
}

BOOL HeapFree(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem) {
  private_heap* heap = find_private_heap(hHeap);
  if (MALLOCSPY_LIKELY(heap != nullptr)) {
    if (((dwFlags | heap->options) & HEAP_NO_SERIALIZE) == 0) {
      return free_serialized(heap, hHeap, dwFlags, lpMem);
    }
    if (MALLOCSPY_LIKELY(heap->release_short(lpMem))) {
      return TRUE;
    }
  }
  return free_locked(hHeap, dwFlags, lpMem);
}

SIZE_T HeapSize(HANDLE hHeap, DWORD dwFlags, LPCVOID lpMem) noexcept {
  const heap_use use(hHeap, dwFlags);
  if (MALLOCSPY_LIKELY(static_cast<bool>(use))) {
    return use->size_of(lpMem);
  }
  return is_process_heap(hHeap) ? process_size(lpMem, serialized(dwFlags)) : blocks::no_size;
}

} // namespace mallocspy
