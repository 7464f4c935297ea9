// SPDX-License-Identifier: MIT
// Settings of a heap.
// source: Win32
#pragma once

#include <mallocspy/contract/export.h>
#include <mallocspy/contract/types.hpp>

#if defined(_WIN32)
#include <windows.h>
#endif

namespace mallocspy {

#if defined(_WIN32)

using ::HEAP_INFORMATION_CLASS;
using ::HeapQueryInformation;
using ::HeapSetInformation;

#else

using PSIZE_T = SIZE_T*;

enum HEAP_INFORMATION_CLASS : int {
  HeapCompatibilityInformation = 0,      // ULONG: 0 standard, 1 look-aside lists, 2 low-fragmentation heap
  HeapEnableTerminationOnCorruption = 1, // no data
  HeapOptimizeResources = 3,             // HEAP_OPTIMIZE_RESOURCES_INFORMATION
};

#ifndef HEAP_OPTIMIZE_RESOURCES_CURRENT_VERSION
inline constexpr DWORD HEAP_OPTIMIZE_RESOURCES_CURRENT_VERSION = 1;
#endif

struct HEAP_OPTIMIZE_RESOURCES_INFORMATION {
  DWORD Version; // HEAP_OPTIMIZE_RESOURCES_CURRENT_VERSION
  DWORD Flags;   // none is defined
};
using PHEAP_OPTIMIZE_RESOURCES_INFORMATION = HEAP_OPTIMIZE_RESOURCES_INFORMATION*;

// effects: stores the compatibility of a heap, a ULONG: what was set, 0 before. *ReturnLength, where given, becomes 4
// returns: TRUE, or FALSE on failure
// errors: ERROR_INVALID_PARAMETER: another class; ERROR_NOACCESS: hHeap is null; ERROR_INVALID_HANDLE;
//   ERROR_INSUFFICIENT_BUFFER: the buffer is null or shorter than 4 bytes. *ReturnLength is set for the last one only
// threads: any
MALLOCSPY_API BOOL HeapQueryInformation(HANDLE HeapHandle, HEAP_INFORMATION_CLASS HeapInformationClass,
                                        PVOID HeapInformation, SIZE_T HeapInformationLength, PSIZE_T ReturnLength) noexcept;

// effects: by class
//   HeapCompatibilityInformation       2 is remembered, and stays; our heaps have no other kind of front end to switch to
//   HeapEnableTerminationOnCorruption  from now on every misuse and every damage that is found ends the process with abort,
//                                      after the misuse handler was told. For the whole process, for good; HeapHandle may
//                                      be null
//   HeapOptimizeResources              as HeapCompact; null: for all heaps
// returns: TRUE, or FALSE on failure
// errors: ERROR_INVALID_HANDLE; ERROR_INVALID_PARAMETER: another class, a heap that is fixed or not serialized
//   (compatibility), a wrong length or version (resources); ERROR_INSUFFICIENT_BUFFER: less than 4 bytes, or null
//   (compatibility); ERROR_GEN_FAILURE: a compatibility of 1 or more than 2, or any but 2 once it is 2
// threads: any
MALLOCSPY_API BOOL HeapSetInformation(HANDLE HeapHandle, HEAP_INFORMATION_CLASS HeapInformationClass, PVOID HeapInformation,
                                      SIZE_T HeapInformationLength) noexcept;

#endif

} // namespace mallocspy
