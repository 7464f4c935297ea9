// SPDX-License-Identifier: MIT
// HeapQueryInformation, HeapSetInformation.
#include "blocks/misuse_report.hpp"
#include "heap/failure.hpp"
#include "heap/handles.hpp"

#include <atomic>
#include <cstring>
#include <mallocspy/heap/information.hpp>
#include <mallocspy/heap/memory.hpp>

namespace mallocspy {

using namespace heap;

namespace {

constexpr ULONG low_fragmentation = 2;

std::atomic<ULONG> process_heap_compatibility{0};

// effects: what HeapSetInformation does to a heap's compatibility. returns: the error, NO_ERROR if there is none
template <class Value> DWORD set_compatibility(Value& present, ULONG wanted) noexcept {
  if (wanted == low_fragmentation) {
    present = low_fragmentation;
    return NO_ERROR;
  }
  return wanted == 0 && present == 0 ? NO_ERROR : ERROR_GEN_FAILURE;
}

DWORD set_compatibility_of(HANDLE handle, const void* information, SIZE_T length) noexcept {
  const heap_use use(handle, 0);
  if (!use && !is_process_heap(handle)) {
    return ERROR_INVALID_HANDLE;
  }
  if (information == nullptr || length < sizeof(ULONG)) {
    return ERROR_INSUFFICIENT_BUFFER;
  }
  ULONG wanted = 0;
  std::memcpy(&wanted, information, sizeof wanted);
  if (!use) {
    return set_compatibility(process_heap_compatibility, wanted);
  }
  if ((use->options & HEAP_NO_SERIALIZE) != 0 || use->maximum() != 0) {
    return ERROR_INVALID_PARAMETER;
  }
  return set_compatibility(use->compatibility, wanted);
}

DWORD optimize(HANDLE handle, const void* information, SIZE_T length) noexcept {
  HEAP_OPTIMIZE_RESOURCES_INFORMATION wanted{};
  if (information == nullptr || length != sizeof wanted) {
    return ERROR_INVALID_PARAMETER;
  }
  std::memcpy(&wanted, information, sizeof wanted);
  if (wanted.Version != HEAP_OPTIMIZE_RESOURCES_CURRENT_VERSION) {
    return ERROR_INVALID_PARAMETER;
  }
  if (handle != nullptr) {
    const bool is_heap = is_process_heap(handle) || find_private_heap(handle) != nullptr;
    if (is_heap) {
      HeapCompact(handle, 0);
    }
    return is_heap ? NO_ERROR : ERROR_INVALID_HANDLE;
  }
  HeapCompact(reinterpret_cast<HANDLE>(process_heap_handle), 0);
  const std::size_t places = used_places();
  for (std::size_t place = 1; place < places; ++place) {
    const std::uintptr_t each = heap_places[place].load(std::memory_order_acquire)->handle.load(std::memory_order_relaxed);
    const private_heap* heap = find_private_heap(reinterpret_cast<HANDLE>(each));
    // One that is not serialized belongs to a thread that may be in it.
    if (heap != nullptr && (heap->options & HEAP_NO_SERIALIZE) == 0) {
      HeapCompact(reinterpret_cast<HANDLE>(each), 0);
    }
  }
  return NO_ERROR;
}

BOOL done_or_failed(DWORD error) noexcept {
  return error == NO_ERROR ? TRUE : fail(error);
}

} // namespace

BOOL HeapQueryInformation(HANDLE HeapHandle, HEAP_INFORMATION_CLASS HeapInformationClass, PVOID HeapInformation,
                          SIZE_T HeapInformationLength, PSIZE_T ReturnLength) noexcept {
  if (HeapInformationClass != HeapCompatibilityInformation) {
    return fail(ERROR_INVALID_PARAMETER);
  }
  if (HeapHandle == nullptr) {
    return fail(ERROR_NOACCESS);
  }
  ULONG present = process_heap_compatibility.load(std::memory_order_relaxed);
  if (!is_process_heap(HeapHandle)) {
    const heap_use use(HeapHandle, 0);
    if (!use) {
      return fail(ERROR_INVALID_HANDLE);
    }
    present = use->compatibility;
  }
  if (ReturnLength != nullptr) {
    *ReturnLength = sizeof present;
  }
  if (HeapInformation == nullptr || HeapInformationLength < sizeof present) {
    return fail(ERROR_INSUFFICIENT_BUFFER);
  }
  std::memcpy(HeapInformation, &present, sizeof present);
  return TRUE;
}

BOOL HeapSetInformation(HANDLE HeapHandle, HEAP_INFORMATION_CLASS HeapInformationClass, PVOID HeapInformation,
                        SIZE_T HeapInformationLength) noexcept {
  switch (HeapInformationClass) {
  case HeapCompatibilityInformation:
    return done_or_failed(set_compatibility_of(HeapHandle, HeapInformation, HeapInformationLength));
  case HeapEnableTerminationOnCorruption:
    blocks::terminate_on_misuse();
    return TRUE;
  case HeapOptimizeResources:
    return done_or_failed(optimize(HeapHandle, HeapInformation, HeapInformationLength));
  }
  return fail(ERROR_INVALID_PARAMETER);
}

} // namespace mallocspy
