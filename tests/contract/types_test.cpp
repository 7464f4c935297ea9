// SPDX-License-Identifier: MIT
#include <mallocspy/contract/types.hpp>

#include "support/catch.hpp"

#include <limits>
#include <type_traits>

using namespace mallocspy;

namespace {

template <class T> constexpr bool is_integer_of(std::size_t bits, bool is_signed) {
  return std::is_integral<T>::value && std::is_signed<T>::value == is_signed && sizeof(T) * 8 == bits;
}

} // namespace

TEST_CASE("integers have the width and the sign that Windows gave them", "[contract][types]") {
  CHECK(is_integer_of<HRESULT>(32, true));
  CHECK(is_integer_of<LONG>(32, true));
  CHECK(is_integer_of<ULONG>(32, false));
  CHECK(is_integer_of<DWORD>(32, false));
  CHECK(is_integer_of<WORD>(16, false));
  CHECK(is_integer_of<BYTE>(8, false));
  CHECK(is_integer_of<SIZE_T>(8 * sizeof(void*), false));
  CHECK(std::is_same<SIZE_T, std::size_t>::value);
}

TEST_CASE("BOOL is an int, TRUE is 1 and FALSE is 0", "[contract][types]") {
  CHECK(std::is_same<BOOL, int>::value);
  CHECK(TRUE == 1);
  CHECK(FALSE == 0);
}

TEST_CASE("pointer types are plain pointers", "[contract][types]") {
  CHECK(std::is_same<HANDLE, void*>::value);
  CHECK(std::is_same<PVOID, void*>::value);
  CHECK(std::is_same<LPVOID, void*>::value);
  CHECK(std::is_same<LPCVOID, const void*>::value);
  CHECK(std::is_same<REFIID, const IID&>::value);
}

TEST_CASE("GUID has four members and no padding", "[contract][types]") {
  CHECK(sizeof(GUID) == 16);
  CHECK(alignof(GUID) == 4);
  CHECK(offsetof(GUID, Data1) == 0);
  CHECK(offsetof(GUID, Data2) == 4);
  CHECK(offsetof(GUID, Data3) == 6);
  CHECK(offsetof(GUID, Data4) == 8);
  CHECK(std::is_trivially_copyable<GUID>::value);
  CHECK(std::is_standard_layout<GUID>::value);
  CHECK(std::is_same<IID, GUID>::value);
}

TEST_CASE("GUIDs are equal only if all sixteen bytes are", "[contract][types]") {
  const GUID one = {0x53A7119B, 0x2C27, 0x5353, {1, 19, 27, 53, 119, 7, 11, 13}};
  GUID other = one;
  CHECK(one == other);
  CHECK_FALSE(one != other);
  for (std::size_t i = 0; i < sizeof(GUID); ++i) {
    CAPTURE(i);
    for (const unsigned bit : {0U, 7U}) {
      other = one;
      reinterpret_cast<unsigned char*>(&other)[i] ^= static_cast<unsigned char>(1U << bit);
      CHECK_FALSE(one == other);
      CHECK(one != other);
    }
  }
}
