// SPDX-License-Identifier: MIT
#include "heap/some_heap.hpp"

#include <mallocspy/mallocspy.hpp>
#include <thread>

using namespace mallocspy;
using namespace mallocspy::tests;

TEST_CASE("each thread has a last error of its own", "[heap][last_error]") {
  SetLastError(119);
  DWORD there_before = untouched;
  DWORD there_after = 0;
  std::thread([&] {
    there_before = GetLastError();
    SetLastError(53);
    there_after = GetLastError();
  }).join();
  CHECK(there_before == NO_ERROR);
  CHECK(there_after == 53);
  CHECK(GetLastError() == 119);
}

TEST_CASE("the error values are those of Win32", "[heap][last_error]") {
  CHECK(NO_ERROR == 0);
  CHECK(ERROR_SUCCESS == 0);
  CHECK(ERROR_INVALID_HANDLE == 6);
  CHECK(ERROR_NOT_ENOUGH_MEMORY == 8);
  CHECK(ERROR_GEN_FAILURE == 31);
  CHECK(ERROR_NOT_SUPPORTED == 50);
  CHECK(ERROR_INVALID_PARAMETER == 87);
  CHECK(ERROR_INSUFFICIENT_BUFFER == 122);
  CHECK(ERROR_NO_MORE_ITEMS == 259);
  CHECK(ERROR_NOT_OWNER == 288);
  CHECK(ERROR_NOACCESS == 998);
  CHECK(STATUS_NO_MEMORY == 0xC0000017U);
  CHECK(STATUS_ACCESS_VIOLATION == 0xC0000005U);
}

// Decision 5.
TEST_CASE("IMalloc leaves the last error alone, whether it succeeds or not", "[heap][last_error]") {
  IMalloc* allocator = nullptr;
  CHECK(error_of([&] { CoGetMalloc(MEMCTX_TASK, &allocator); }) == untouched);
  void* p = nullptr;
  CHECK(error_of([&] { p = allocator->Alloc(53); }) == untouched);
  CHECK(error_of([&] { p = allocator->Realloc(p, 119); }) == untouched);
  CHECK(error_of([&] { CHECK(allocator->GetSize(p) == 119); }) == untouched);
  CHECK(error_of([&] { CHECK(allocator->Realloc(p, SIZE_MAX) == nullptr); }) == untouched);
  CHECK(error_of([&] { CHECK(allocator->Alloc(SIZE_MAX) == nullptr); }) == untouched);
  CHECK(error_of([&] { CHECK(allocator->DidAlloc(at(p, 1)) == 0); }) == untouched);
  CHECK(error_of([&] { CHECK(allocator->GetSize(at(p, 1)) == no_size); }) == untouched);
  CHECK(error_of([&] { allocator->Free(p); }) == untouched);
  CHECK(error_of([&] { allocator->HeapMinimize(); }) == untouched);
  CHECK(error_of([&] { CoRevokeMallocSpy(); }) == untouched);
}
