// SPDX-License-Identifier: MIT
#include "heap/some_heap.hpp"
#include "support/catch.hpp"

#include <cstring>
#include <map>

using namespace mallocspy;
using namespace mallocspy::tests;

TEST_CASE("scenario 25: the list of heaps, and teardown") {
  const DWORD n = GetProcessHeaps(0, nullptr);
  HANDLE first = HeapCreate(0, 0, 0);
  HANDLE second = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
  CHECK(GetProcessHeaps(0, nullptr) == n + 2);
  HANDLE heaps[64] = {};
  REQUIRE(GetProcessHeaps(64, heaps) == n + 2);
  CHECK(heaps[0] == GetProcessHeap());
  CHECK(heaps[n] == first);
  CHECK(heaps[n + 1] == second);
  HANDLE one[2] = {};
  CHECK(GetProcessHeaps(1, one) == n + 2);
  CHECK(one[0] == GetProcessHeap());
  CHECK(one[1] == nullptr);

  for (HANDLE heap : {first, second}) {
    CHECK(HeapAlloc(heap, 0, 53) != nullptr);
    CHECK(HeapAlloc(heap, 0, 2000003) != nullptr);
    CHECK(HeapDestroy(heap) == TRUE); // with live blocks
  }
  CHECK(GetProcessHeaps(0, nullptr) == n);
  CHECK(error_of([] { CHECK(HeapDestroy(GetProcessHeap()) == FALSE); }) == ERROR_INVALID_HANDLE);
}

TEST_CASE("scenario 25: HeapWalk lists each block once") {
  const some_heap heap;
  std::map<void*, SIZE_T> expected;
  for (const SIZE_T size : {SIZE_T{123}, SIZE_T{0}, SIZE_T{70001}}) {
    expected.emplace(HeapAlloc(heap.get(), 0, size), size);
  }
  PROCESS_HEAP_ENTRY entry;
  std::memset(&entry, 0xCC, sizeof entry);
  entry.lpData = nullptr;
  std::map<void*, SIZE_T> found;
  std::size_t busy = 0;
  std::size_t entries = 0;
  while (HeapWalk(heap.get(), &entry)) {
    if (++entries == 1) {
      CHECK((entry.wFlags & PROCESS_HEAP_REGION) != 0);
    }
    if ((entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) != 0) {
      ++busy;
      found.emplace(entry.lpData, entry.cbData);
      CHECK(HeapValidate(heap.get(), 0, entry.lpData)); // only these do
    }
  }
  CHECK(GetLastError() == ERROR_NO_MORE_ITEMS);
  CHECK(busy == 3);
  CHECK(found == expected);
}

TEST_CASE("scenario 25: HeapValidate and HeapSummary") {
  const some_heap heap;
  void* p = HeapAlloc(heap.get(), 0, 27);
  void* q = HeapAlloc(heap.get(), 0, 53);
  CHECK(HeapValidate(heap.get(), 0, nullptr));
  CHECK(HeapValidate(heap.get(), 0, p));
  REQUIRE(HeapFree(heap.get(), 0, p));
  CHECK_FALSE(HeapValidate(heap.get(), 0, p));
  CHECK(HeapValidate(heap.get(), 0, nullptr));
  CHECK(HeapValidate(heap.get(), 0, q));

  HEAP_SUMMARY summary;
  std::memset(&summary, 0xCC, sizeof summary);
  CHECK(error_of([&] { CHECK_FALSE(HeapSummary(heap.get(), 0, &summary)); }) == ERROR_INVALID_PARAMETER);
  summary.cb = sizeof summary;
  REQUIRE(HeapSummary(heap.get(), 0, &summary));
  CHECK(summary.cbAllocated == 53);
  CHECK(summary.cbAllocated <= summary.cbCommitted);
  CHECK(summary.cbCommitted <= summary.cbReserved);
  CHECK(summary.cbReserved <= summary.cbMaxReserve);
}

TEST_CASE("scenario 25: HeapQueryInformation and HeapSetInformation") {
  const some_heap heap;
  SIZE_T length = 0;
  CHECK(error_of([&] {
          CHECK_FALSE(HeapQueryInformation(heap.get(), HeapCompatibilityInformation, nullptr, 0, &length));
        }) == ERROR_INSUFFICIENT_BUFFER);
  CHECK(length == 4);
  unsigned char five[5] = {};
  CHECK(HeapQueryInformation(heap.get(), HeapCompatibilityInformation, five, sizeof five, nullptr));
  ULONG value = 2;
  CHECK(HeapSetInformation(heap.get(), HeapCompatibilityInformation, &value, sizeof value));
  value = 0;
  CHECK(error_of([&] {
          CHECK_FALSE(HeapSetInformation(heap.get(), HeapCompatibilityInformation, &value, sizeof value));
        }) == ERROR_GEN_FAILURE);
  CHECK(HeapQueryInformation(heap.get(), HeapCompatibilityInformation, &value, sizeof value, nullptr));
  CHECK(value == 2);
}
