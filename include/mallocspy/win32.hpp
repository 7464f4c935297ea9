// SPDX-License-Identifier: MIT
// Opt-in: the COM and heap names in the global namespace, so that code written for Windows compiles unchanged. On Windows
// it adds nothing but the SDK's own headers.
//
// Where another port of Windows headers meets this one, define before including:
//   MALLOCSPY_WIN32_NO_TYPES   no HRESULT, ULONG, GUID ...: the other header has them
//   MALLOCSPY_WIN32_NO_MACROS  no STDMETHODIMP and relatives
//   MALLOCSPY_WIN32_NO_HEAP    no heap functions, nor their flags and structures
//   MALLOCSPY_WIN32_NO_LAST_ERROR  no GetLastError, SetLastError, nor their values
// source: COM, Win32
#pragma once

#include <mallocspy/heapapi.hpp>
#include <mallocspy/mallocspy.hpp>

#if !defined(_WIN32)

#if !defined(MALLOCSPY_WIN32_NO_TYPES)
using mallocspy::BOOL;
using mallocspy::BYTE;
using mallocspy::DWORD;
using mallocspy::GUID;
using mallocspy::HANDLE;
using mallocspy::HRESULT;
using mallocspy::IID;
using mallocspy::LONG;
using mallocspy::LPCVOID;
using mallocspy::LPVOID;
using mallocspy::PVOID;
using mallocspy::REFIID;
using mallocspy::SIZE_T;
using mallocspy::ULONG;
using mallocspy::WORD;
#endif

#ifndef TRUE
using mallocspy::TRUE;
#endif
#ifndef FALSE
using mallocspy::FALSE;
#endif
#ifndef S_OK
using mallocspy::S_OK;
#endif
#ifndef E_INVALIDARG
using mallocspy::E_INVALIDARG;
#endif
#ifndef E_OUTOFMEMORY
using mallocspy::E_OUTOFMEMORY;
#endif
#ifndef E_ACCESSDENIED
using mallocspy::E_ACCESSDENIED;
#endif
#ifndef E_NOINTERFACE
using mallocspy::E_NOINTERFACE;
#endif
#ifndef E_POINTER
using mallocspy::E_POINTER;
#endif
#ifndef CO_E_OBJNOTREG
using mallocspy::CO_E_OBJNOTREG;
#endif
#ifndef CO_E_OBJISREG
using mallocspy::CO_E_OBJISREG;
#endif
#ifndef SUCCEEDED
using mallocspy::SUCCEEDED;
#endif
#ifndef FAILED
using mallocspy::FAILED;
#endif

using mallocspy::IID_IConcurrentMallocSpy;
using mallocspy::IID_IMalloc;
using mallocspy::IID_IMallocSpy;
using mallocspy::IID_IUnknown;

using mallocspy::MEMCTX;
using mallocspy::MEMCTX_MACSYSTEM;
using mallocspy::MEMCTX_SAME;
using mallocspy::MEMCTX_SHARED;
using mallocspy::MEMCTX_TASK;
using mallocspy::MEMCTX_UNKNOWN;

using mallocspy::IMalloc;
using mallocspy::IMallocSpy;
using mallocspy::IUnknown;
using LPMALLOC = IMalloc*;
using LPMALLOCSPY = IMallocSpy*;
using LPUNKNOWN = IUnknown*;

using mallocspy::CoGetMalloc;
using mallocspy::CoRegisterMallocSpy;
using mallocspy::CoRevokeMallocSpy;
using mallocspy::CoTaskMemAlloc;
using mallocspy::CoTaskMemFree;
using mallocspy::CoTaskMemRealloc;

#if !defined(MALLOCSPY_WIN32_NO_HEAP)
#ifndef HEAP_NO_SERIALIZE
using mallocspy::HEAP_NO_SERIALIZE;
#endif
#ifndef HEAP_GROWABLE
using mallocspy::HEAP_GROWABLE;
#endif
#ifndef HEAP_GENERATE_EXCEPTIONS
using mallocspy::HEAP_GENERATE_EXCEPTIONS;
#endif
#ifndef HEAP_ZERO_MEMORY
using mallocspy::HEAP_ZERO_MEMORY;
#endif
#ifndef HEAP_REALLOC_IN_PLACE_ONLY
using mallocspy::HEAP_REALLOC_IN_PLACE_ONLY;
#endif
#ifndef HEAP_TAIL_CHECKING_ENABLED
using mallocspy::HEAP_TAIL_CHECKING_ENABLED;
#endif
#ifndef HEAP_FREE_CHECKING_ENABLED
using mallocspy::HEAP_FREE_CHECKING_ENABLED;
#endif
#ifndef HEAP_DISABLE_COALESCE_ON_FREE
using mallocspy::HEAP_DISABLE_COALESCE_ON_FREE;
#endif
#ifndef HEAP_CREATE_SEGMENT_HEAP
using mallocspy::HEAP_CREATE_SEGMENT_HEAP;
#endif
#ifndef HEAP_CREATE_HARDENED
using mallocspy::HEAP_CREATE_HARDENED;
#endif
#ifndef HEAP_CREATE_ALIGN_16
using mallocspy::HEAP_CREATE_ALIGN_16;
#endif
#ifndef HEAP_CREATE_ENABLE_TRACING
using mallocspy::HEAP_CREATE_ENABLE_TRACING;
#endif
#ifndef HEAP_CREATE_ENABLE_EXECUTE
using mallocspy::HEAP_CREATE_ENABLE_EXECUTE;
#endif
#ifndef MEMORY_ALLOCATION_ALIGNMENT
using mallocspy::MEMORY_ALLOCATION_ALIGNMENT;
#endif
#ifndef STATUS_ACCESS_VIOLATION
using mallocspy::STATUS_ACCESS_VIOLATION;
#endif
#ifndef STATUS_NO_MEMORY
using mallocspy::STATUS_NO_MEMORY;
#endif
#ifndef HEAP_OPTIMIZE_RESOURCES_CURRENT_VERSION
using mallocspy::HEAP_OPTIMIZE_RESOURCES_CURRENT_VERSION;
#endif
#ifndef PROCESS_HEAP_REGION
using mallocspy::PROCESS_HEAP_REGION;
#endif
#ifndef PROCESS_HEAP_UNCOMMITTED_RANGE
using mallocspy::PROCESS_HEAP_UNCOMMITTED_RANGE;
#endif
#ifndef PROCESS_HEAP_ENTRY_BUSY
using mallocspy::PROCESS_HEAP_ENTRY_BUSY;
#endif
#ifndef PROCESS_HEAP_ENTRY_MOVEABLE
using mallocspy::PROCESS_HEAP_ENTRY_MOVEABLE;
#endif
#ifndef PROCESS_HEAP_ENTRY_DDESHARE
using mallocspy::PROCESS_HEAP_ENTRY_DDESHARE;
#endif

using mallocspy::HEAP_INFORMATION_CLASS;
using mallocspy::HEAP_OPTIMIZE_RESOURCES_INFORMATION;
using mallocspy::HEAP_SUMMARY;
using mallocspy::HeapCompatibilityInformation;
using mallocspy::HeapEnableTerminationOnCorruption;
using mallocspy::HeapOptimizeResources;
using mallocspy::LPHEAP_SUMMARY;
using mallocspy::LPPROCESS_HEAP_ENTRY;
using mallocspy::PHANDLE;
using mallocspy::PHEAP_OPTIMIZE_RESOURCES_INFORMATION;
using mallocspy::PHEAP_SUMMARY;
using mallocspy::PPROCESS_HEAP_ENTRY;
using mallocspy::PROCESS_HEAP_ENTRY;
using mallocspy::PSIZE_T;

using mallocspy::GetProcessHeap;
using mallocspy::GetProcessHeaps;
using mallocspy::HeapAlloc;
using mallocspy::HeapCompact;
using mallocspy::HeapCreate;
using mallocspy::HeapDestroy;
using mallocspy::HeapFree;
using mallocspy::HeapLock;
using mallocspy::HeapQueryInformation;
using mallocspy::HeapReAlloc;
using mallocspy::HeapSetInformation;
using mallocspy::HeapSize;
using mallocspy::HeapSummary;
using mallocspy::HeapUnlock;
using mallocspy::HeapValidate;
using mallocspy::HeapWalk;
#endif

#if !defined(MALLOCSPY_WIN32_NO_LAST_ERROR)
#ifndef ERROR_SUCCESS
using mallocspy::ERROR_SUCCESS;
#endif
#ifndef NO_ERROR
using mallocspy::NO_ERROR;
#endif
#ifndef ERROR_INVALID_HANDLE
using mallocspy::ERROR_INVALID_HANDLE;
#endif
#ifndef ERROR_NOT_ENOUGH_MEMORY
using mallocspy::ERROR_NOT_ENOUGH_MEMORY;
#endif
#ifndef ERROR_GEN_FAILURE
using mallocspy::ERROR_GEN_FAILURE;
#endif
#ifndef ERROR_NOT_SUPPORTED
using mallocspy::ERROR_NOT_SUPPORTED;
#endif
#ifndef ERROR_INVALID_PARAMETER
using mallocspy::ERROR_INVALID_PARAMETER;
#endif
#ifndef ERROR_INSUFFICIENT_BUFFER
using mallocspy::ERROR_INSUFFICIENT_BUFFER;
#endif
#ifndef ERROR_NO_MORE_ITEMS
using mallocspy::ERROR_NO_MORE_ITEMS;
#endif
#ifndef ERROR_NOT_OWNER
using mallocspy::ERROR_NOT_OWNER;
#endif
#ifndef ERROR_NOACCESS
using mallocspy::ERROR_NOACCESS;
#endif
#if !defined(MALLOCSPY_NO_LAST_ERROR) && !defined(GetLastError) && !defined(SetLastError)
using mallocspy::GetLastError;
using mallocspy::SetLastError;
#endif
#endif

#if !defined(MALLOCSPY_WIN32_NO_TYPES)
constexpr bool IsEqualGUID(const GUID& a, const GUID& b) noexcept {
  return a == b;
}
constexpr bool IsEqualIID(const IID& a, const IID& b) noexcept {
  return a == b;
}
#endif

#if !defined(MALLOCSPY_WIN32_NO_MACROS)
#ifndef STDMETHODIMP
#define STDMETHODIMP HRESULT STDMETHODCALLTYPE
#define STDMETHODIMP_(type) type STDMETHODCALLTYPE
#endif
#ifndef STDMETHOD
#define STDMETHOD(method) virtual HRESULT STDMETHODCALLTYPE method
#define STDMETHOD_(type, method) virtual type STDMETHODCALLTYPE method
#endif
#ifndef STDAPI
#define STDAPI extern "C" HRESULT
#define STDAPI_(type) extern "C" type
#endif
#ifndef PURE
#define PURE = 0
#endif
#endif

#endif
