// SPDX-License-Identifier: MIT
// GetProcessHeap, GetProcessHeaps, HeapCreate, HeapDestroy.
#include "blocks/table_memory.hpp"
#include "heap/failure.hpp"
#include "heap/handles.hpp"

#include <mallocspy/heap/creation.hpp>
#include <unistd.h>

namespace mallocspy {

using namespace heap;

namespace {

constexpr std::size_t too_much = static_cast<std::size_t>(-1);

// returns: bytes in whole pages, one at least; too_much if there are no such numbers
std::size_t whole_pages(std::size_t bytes) noexcept {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  if (bytes > PTRDIFF_MAX) {
    return too_much;
  }
  return bytes == 0 ? page : (bytes + page - 1) / page * page;
}

// returns: whether the system has that much address space left
bool is_there(std::size_t bytes) noexcept {
  void* memory = blocks::map_table(bytes);
  if (memory == nullptr) {
    return false;
  }
  blocks::unmap_table(memory, bytes);
  return true;
}

} // namespace

HANDLE GetProcessHeap() noexcept {
  return reinterpret_cast<HANDLE>(process_heap_handle);
}

DWORD GetProcessHeaps(DWORD NumberOfHeaps, PHANDLE ProcessHeaps) noexcept {
  const bool any = NumberOfHeaps != 0 && ProcessHeaps != nullptr;
  if (any) {
    ProcessHeaps[0] = GetProcessHeap();
  }
  return static_cast<DWORD>(1 + list_heaps(any ? ProcessHeaps + 1 : nullptr, any ? NumberOfHeaps - 1 : 0));
}

HANDLE HeapCreate(DWORD flOptions, SIZE_T dwInitialSize, SIZE_T dwMaximumSize) noexcept {
  if ((flOptions & HEAP_CREATE_ENABLE_EXECUTE) != 0) {
    SetLastError(ERROR_NOT_SUPPORTED);
    return nullptr;
  }
  const std::size_t initial = whole_pages(dwInitialSize);
  std::size_t maximum = dwMaximumSize == 0 ? 0 : whole_pages(dwMaximumSize);
  if (maximum != 0 && initial > maximum) {
    maximum = initial;
  }
  const bool possible = initial != too_much && maximum != too_much && (maximum != 0 || is_there(initial));
  const DWORD options = flOptions & (HEAP_NO_SERIALIZE | HEAP_GENERATE_EXCEPTIONS);
  const std::uintptr_t handle = possible ? create_heap(options, maximum) : 0;
  if (handle == 0) {
    SetLastError(ERROR_NOT_ENOUGH_MEMORY);
  }
  return reinterpret_cast<HANDLE>(handle);
}

BOOL HeapDestroy(HANDLE hHeap) noexcept {
  return destroy_heap(hHeap) ? TRUE : fail(ERROR_INVALID_HANDLE);
}

} // namespace mallocspy
