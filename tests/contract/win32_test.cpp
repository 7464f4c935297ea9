// SPDX-License-Identifier: MIT
#include <mallocspy/win32.hpp>

#include "support/catch.hpp"
#include "win32_ported_code.hpp"

#include <type_traits>

TEST_CASE("code ported from Windows compiles unchanged, and runs", "[contract][win32]") {
  const ported_result result = run_ported_code();
  CHECK(result.registered);
  CHECK(result.found_leak);
  CHECK(result.size_told == 29);
  CHECK(result.clean_at_end);
  CHECK(result.revoked);
  CHECK(result.references_left == 1);
}

TEST_CASE("the global names are those of the library", "[contract][win32]") {
  CHECK(std::is_same<::HRESULT, mallocspy::HRESULT>::value);
  CHECK(std::is_same<::GUID, mallocspy::GUID>::value);
  CHECK(std::is_same<::BOOL, mallocspy::BOOL>::value);
  CHECK(std::is_same<::ULONG, mallocspy::ULONG>::value);
  CHECK(std::is_same<::DWORD, mallocspy::DWORD>::value);
  CHECK(std::is_same<::SIZE_T, mallocspy::SIZE_T>::value);
  CHECK(std::is_same<::IMalloc, mallocspy::IMalloc>::value);
  CHECK(std::is_same<::LPMALLOC, mallocspy::IMalloc*>::value);
  CHECK(std::is_same<::LPMALLOCSPY, mallocspy::IMallocSpy*>::value);
  CHECK(std::is_same<::LPUNKNOWN, mallocspy::IUnknown*>::value);
  CHECK(::CoGetMalloc == mallocspy::CoGetMalloc);
  CHECK(::CoTaskMemAlloc == mallocspy::CoTaskMemAlloc);
  CHECK(::CoTaskMemRealloc == mallocspy::CoTaskMemRealloc);
  CHECK(::CoTaskMemFree == mallocspy::CoTaskMemFree);
  CHECK(::CoRegisterMallocSpy == mallocspy::CoRegisterMallocSpy);
  CHECK(::CoRevokeMallocSpy == mallocspy::CoRevokeMallocSpy);
}

TEST_CASE("identifiers are compared by value", "[contract][win32]") {
  const IID copy = IID_IMallocSpy;
  CHECK(IsEqualIID(copy, IID_IMallocSpy));
  CHECK_FALSE(IsEqualIID(copy, IID_IMalloc));
  CHECK(IsEqualGUID(IID_IConcurrentMallocSpy, mallocspy::IID_IConcurrentMallocSpy));
  CHECK_FALSE(IsEqualGUID(IID_IUnknown, IID_IMalloc));
}
