// SPDX-License-Identifier: MIT
// Opt-in: the COM names in the global namespace, so that code written for Windows compiles unchanged. On Windows it adds
// nothing but the SDK's own headers.
//
// Where another port of Windows headers meets this one, define before including:
//   MALLOCSPY_WIN32_NO_TYPES   no HRESULT, ULONG, GUID ...: the other header has them
//   MALLOCSPY_WIN32_NO_MACROS  no STDMETHODIMP and relatives
// source: COM
#pragma once

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
