// SPDX-License-Identifier: MIT
// Another port of Windows headers came first, with its own types and macros, as those of shader compilers and media
// libraries have: unsigned BOOL, a GUID of its own, macros for result codes, annotations and keywords.
#include <cstddef>
#include <cstdint>

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wold-style-cast" // of the macros below
#endif

typedef std::int32_t HRESULT, LONG;
typedef std::uint32_t ULONG, DWORD, BOOL;
typedef std::uint16_t WORD;
typedef std::uint8_t BYTE;
typedef std::size_t SIZE_T;
typedef void *HANDLE, *LPVOID, *PVOID;
typedef const void* LPCVOID;
typedef struct _GUID {
  std::uint32_t a;
  std::uint16_t b, c;
  std::uint8_t d[8];
} GUID, IID;
typedef const GUID& REFIID;
inline bool IsEqualIID(REFIID x, REFIID y) {
  return x.a == y.a;
}

#define STDMETHODCALLTYPE
#define STDMETHODIMP_(type) type STDMETHODCALLTYPE
#define STDMETHODIMP STDMETHODIMP_(HRESULT)
#define TRUE 1
#define FALSE 0
#define S_OK ((HRESULT)0L)
#define E_INVALIDARG (HRESULT)0x80070057
#define E_OUTOFMEMORY (HRESULT)0x8007000E
#define E_ACCESSDENIED (HRESULT)0x80070005
#define E_NOINTERFACE (HRESULT)0x80004002
#define E_POINTER (HRESULT)0x80004003
#define SUCCEEDED(hr) (((HRESULT)(hr)) >= 0)
#define FAILED(hr) (((HRESULT)(hr)) < 0)

#define IN
#define OUT
#define CONST const
#define far
#define near
#define small char
#define interface struct
#define ERROR 0
#define _In_
#define _Out_
#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))

#define MALLOCSPY_WIN32_NO_TYPES
#include <mallocspy/win32.hpp>

#undef IN
#undef OUT
#undef CONST
#undef far
#undef near
#undef small
#undef interface
#undef ERROR
#undef _In_
#undef _Out_
#undef min
#undef max
#include "support/catch.hpp"

#include <type_traits>

TEST_CASE("types of another port stay what they are", "[contract][win32]") {
  CHECK(std::is_same<::BOOL, std::uint32_t>::value);
  CHECK(std::is_same<mallocspy::BOOL, int>::value);
  CHECK_FALSE(std::is_same<::GUID, mallocspy::GUID>::value);
  CHECK(sizeof(::GUID) == sizeof(mallocspy::GUID));
}

TEST_CASE("the task allocator works beside another port's macros", "[contract][win32]") {
  LPMALLOC pMalloc = nullptr;
  REQUIRE(SUCCEEDED(CoGetMalloc(MEMCTX_TASK, &pMalloc)));
  LPVOID pv = pMalloc->Alloc(53);
  REQUIRE(pv != nullptr);
  CHECK(pMalloc->GetSize(pv) == 53);
  CoTaskMemFree(pv);
  CHECK(pMalloc->DidAlloc(pv) == FALSE);

  // Its macros and the numbers that the library returns are the same.
  CHECK(CoGetMalloc(MEMCTX_SHARED, &pMalloc) == E_INVALIDARG);
  CHECK(FAILED(CoRegisterMallocSpy(nullptr)));
  CHECK(CoRevokeMallocSpy() == mallocspy::CO_E_OBJNOTREG);
  CHECK(CO_E_OBJNOTREG == (HRESULT)0x800401FB);
}

TEST_CASE("interfaces ask for identifiers of the library", "[contract][win32]") {
  LPMALLOC pMalloc = nullptr;
  REQUIRE(CoGetMalloc(MEMCTX_TASK, &pMalloc) == S_OK);
  void* out = pMalloc;
  CHECK(pMalloc->QueryInterface(IID_IMallocSpy, &out) == E_NOINTERFACE);
  CHECK(out == nullptr);
  CHECK(pMalloc->QueryInterface(IID_IMalloc, nullptr) == E_POINTER);
}
