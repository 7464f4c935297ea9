// SPDX-License-Identifier: MIT
// Another port of Windows headers came first, with heap flags as macros, a last error that is errno, and heap functions of
// its own, as a shader compiler has.
#include <cerrno>
#include <cstdint>

#define HEAP_NO_SERIALIZE 0x1
#define HEAP_ZERO_MEMORY 0x8
#define ERROR_INVALID_PARAMETER EINVAL
#define NO_ERROR 0L
#define GetLastError() errno
#define SetLastError(code) (errno = static_cast<int>(code))
#define PROCESS_HEAP_REGION 0x0001
#define STATUS_NO_MEMORY 0xC0000017U
typedef void* HANDLE;
inline void* HeapAlloc(HANDLE, std::uint32_t, std::size_t) {
  return nullptr;
}

#define MALLOCSPY_WIN32_NO_HEAP
#define MALLOCSPY_WIN32_NO_LAST_ERROR
#include <mallocspy/win32.hpp>

#include "support/catch.hpp"

TEST_CASE("heaps work beside another port's names", "[heap][win32]") {
  CHECK(::HeapAlloc(nullptr, 0, 53) == nullptr); // theirs
  HANDLE heap = mallocspy::HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
  REQUIRE(heap != nullptr);
  void* p = mallocspy::HeapAlloc(heap, HEAP_ZERO_MEMORY, 53);
  CHECK(mallocspy::HeapSize(heap, 0, p) == 53);
  SetLastError(7);
  CHECK(GetLastError() == 7); // errno
  CHECK(mallocspy::HeapDestroy(heap));
  CHECK(CoTaskMemAlloc(0) != nullptr);
}
