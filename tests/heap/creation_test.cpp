// SPDX-License-Identifier: MIT
#include "heap/some_heap.hpp"

#include <set>
#include <thread>
#include <vector>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

DWORD heap_count() {
  return GetProcessHeaps(0, nullptr);
}

} // namespace

TEST_CASE("the process heap is always the same, from any thread", "[heap][creation]") {
  HANDLE here = GetProcessHeap();
  CHECK(here != nullptr);
  HANDLE there = nullptr;
  std::thread([&] { there = GetProcessHeap(); }).join();
  CHECK(there == here);
  CHECK(GetProcessHeap() == here);
}

// Decision 31.
TEST_CASE("GetProcessHeaps lists the process heap, then the others as they were created", "[heap][creation]") {
  const DWORD n = heap_count();
  REQUIRE(n >= 1);
  const some_heap first;
  HANDLE gone = HeapCreate(0, 0, 0);
  const some_heap second(HEAP_NO_SERIALIZE);
  const some_heap third(0, 0, 1 << 20);
  REQUIRE(heap_count() == n + 4);
  REQUIRE(HeapDestroy(gone));

  HANDLE heaps[64] = {};
  REQUIRE(GetProcessHeaps(64, heaps) == n + 3);
  CHECK(heaps[0] == GetProcessHeap());
  CHECK(heaps[n] == first.get());
  CHECK(heaps[n + 1] == second.get());
  CHECK(heaps[n + 2] == third.get());
  CHECK(heaps[n + 3] == nullptr);

  HANDLE few[3] = {};
  CHECK(GetProcessHeaps(1, few) == n + 3);
  CHECK(few[0] == GetProcessHeap());
  CHECK(few[1] == nullptr);
  CHECK(GetProcessHeaps(n + 3, heaps) == n + 3); // exactly enough
}

TEST_CASE("a heap in the middle of the list can be destroyed, and the last one, and the first", "[heap][creation]") {
  const DWORD n = heap_count();
  for (const std::vector<int>& order : {std::vector<int>{1, 0, 2}, {2, 1, 0}, {0, 1, 2}}) {
    HANDLE made[3];
    for (HANDLE& heap : made) {
      heap = HeapCreate(0, 0, 0);
    }
    for (std::size_t i = 0; i < 3; ++i) {
      REQUIRE(HeapDestroy(made[order[i]]));
      CHECK(heap_count() == n + 2 - i);
    }
    const some_heap last;
    HANDLE heaps[64] = {};
    REQUIRE(GetProcessHeaps(64, heaps) == n + 1);
    CHECK(heaps[n] == last.get());
  }
}

TEST_CASE("HeapCreate ignores options that it does not know", "[heap][creation]") {
  // Decision 32. HEAP_ZERO_MEMORY does not become sticky.
  const some_heap heap(0xFFFFFFFF & ~(HEAP_CREATE_ENABLE_EXECUTE | HEAP_GENERATE_EXCEPTIONS | HEAP_NO_SERIALIZE));
  auto* p = static_cast<unsigned char*>(HeapAlloc(heap.get(), 0, 53));
  REQUIRE(p != nullptr);
  p[0] = 7;
  p[52] = 7;
  HeapFree(heap.get(), 0, p);
  auto* again = static_cast<unsigned char*>(HeapAlloc(heap.get(), 0, 53));
  REQUIRE(again == p); // the same memory, as it was left behind the link
  CHECK(again[52] == 7);
}

// Decision 35.
TEST_CASE("HeapCreate does not pretend to make blocks executable", "[heap][creation]") {
  HANDLE heap = GetProcessHeap();
  CHECK(error_of([&] { heap = HeapCreate(HEAP_CREATE_ENABLE_EXECUTE, 0, 0); }) == ERROR_NOT_SUPPORTED);
  CHECK(heap == nullptr);
}

TEST_CASE("HeapCreate without memory", "[heap][creation]") {
  const DWORD n = heap_count();
  for (const SIZE_T size : {SIZE_MAX, SIZE_MAX - 4096, SIZE_MAX / 2, SIZE_T{1} << 60}) {
    HANDLE heap = GetProcessHeap();
    CHECK(error_of([&] { heap = HeapCreate(0, 0, size); }) == ERROR_NOT_ENOUGH_MEMORY);
    CHECK(heap == nullptr);
    CHECK(error_of([&] { heap = HeapCreate(0, size, 0); }) == ERROR_NOT_ENOUGH_MEMORY);
    CHECK(heap == nullptr);
    CHECK(error_of([&] { heap = HeapCreate(0, size, size); }) == ERROR_NOT_ENOUGH_MEMORY);
    CHECK(heap == nullptr);
  }
  CHECK(heap_count() == n);
  const some_heap after_all;
  CHECK(HeapAlloc(after_all.get(), 0, 53) != nullptr);
}

TEST_CASE("success leaves the last error alone", "[heap][creation]") {
  HANDLE heap = nullptr;
  CHECK(error_of([&] { heap = HeapCreate(0, 0, 0); }) == untouched);
  CHECK(error_of([&] { HeapFree(heap, 0, HeapAlloc(heap, 0, 53)); }) == untouched);
  CHECK(error_of([&] { HeapDestroy(heap); }) == untouched);
}

TEST_CASE("HeapDestroy of what is no private heap", "[heap][creation]") {
  // Decision 36 for null.
  int local = 0;
  const some_heap alive;
  const auto value = reinterpret_cast<std::uintptr_t>(alive.get());
  for (HANDLE wrong :
       {HANDLE(nullptr), GetProcessHeap(), HANDLE(&local), reinterpret_cast<HANDLE>(~std::uintptr_t{0}),
        reinterpret_cast<HANDLE>(value + 1), reinterpret_cast<HANDLE>(value - 1), reinterpret_cast<HANDLE>(value + 16),
        reinterpret_cast<HANDLE>(value & 0xFFFFFU), reinterpret_cast<HANDLE>(value | (std::uintptr_t{1} << 63))}) {
    BOOL destroyed = TRUE;
    CHECK(error_of([&] { destroyed = HeapDestroy(wrong); }) == ERROR_INVALID_HANDLE);
    CHECK(destroyed == FALSE);
  }
  CHECK(HeapAlloc(GetProcessHeap(), 0, 53) != nullptr);
}

TEST_CASE("a dead handle is told from every living one, and never comes back", "[heap][creation]") {
  std::set<HANDLE> seen;
  for (int i = 0; i < 1000; ++i) {
    HANDLE heap = HeapCreate(0, 0, i % 2 == 0 ? 0 : 65536);
    REQUIRE(heap != nullptr);
    CHECK(seen.insert(heap).second);
    void* p = HeapAlloc(heap, 0, 53);
    REQUIRE(HeapDestroy(heap));
    const some_heap next; // in the very same place
    CHECK(next.get() != heap);
    CHECK(HeapAlloc(heap, 0, 53) == nullptr);
    CHECK(HeapReAlloc(heap, 0, p, 119) == nullptr);
    CHECK(HeapSize(heap, 0, p) == no_size);
    CHECK(HeapValidate(heap, 0, p) == FALSE);
    CHECK(HeapValidate(heap, 0, nullptr) == FALSE);
    BOOL done = TRUE;
    CHECK(error_of([&] { done = HeapFree(heap, 0, p); }) == ERROR_INVALID_HANDLE);
    CHECK(done == FALSE);
    CHECK(error_of([&] { done = HeapFree(heap, 0, nullptr); }) == ERROR_INVALID_HANDLE);
    CHECK(done == FALSE);
    CHECK(error_of([&] { done = HeapLock(heap); }) == ERROR_INVALID_HANDLE);
    CHECK(done == FALSE);
    CHECK(error_of([&] { done = HeapUnlock(heap); }) == ERROR_INVALID_HANDLE);
    CHECK(done == FALSE);
    CHECK(error_of([&] { done = HeapDestroy(heap); }) == ERROR_INVALID_HANDLE);
    CHECK(done == FALSE);
    PROCESS_HEAP_ENTRY entry{};
    CHECK(error_of([&] { done = HeapWalk(heap, &entry); }) == ERROR_INVALID_HANDLE);
    CHECK(done == FALSE);
    HEAP_SUMMARY summary{};
    summary.cb = sizeof summary;
    CHECK(error_of([&] { done = HeapSummary(heap, 0, &summary); }) == ERROR_INVALID_HANDLE);
    CHECK(done == FALSE);
    CHECK(error_of([&] { CHECK(HeapCompact(heap, 0) == 0); }) == ERROR_INVALID_HANDLE);
    seen.insert(next.get());
  }
}

TEST_CASE("HeapDestroy takes all blocks along, of every kind", "[heap][creation]") {
  for (const DWORD options : {DWORD{0}, HEAP_NO_SERIALIZE}) {
    HANDLE heap = HeapCreate(options, 0, 0);
    for (SIZE_T size = 0; size < 20000; size += 53) {
      REQUIRE(HeapAlloc(heap, 0, size) != nullptr);
    }
    REQUIRE(HeapAlloc(heap, 0, 5000053) != nullptr);
    for (int i = 0; i < 200; ++i) {
      REQUIRE(HeapAlloc(heap, 0, 700119) != nullptr); // more regions than a small table holds
    }
    CHECK(HeapDestroy(heap));
  }
}

TEST_CASE("many heaps at once", "[heap][creation]") {
  const DWORD n = heap_count();
  std::vector<HANDLE> heaps(300);
  std::vector<void*> blocks;
  for (HANDLE& heap : heaps) {
    heap = HeapCreate(0, 0, 65536);
    REQUIRE(heap != nullptr);
    blocks.push_back(HeapAlloc(heap, 0, 119));
  }
  CHECK(heap_count() == n + 300);
  for (std::size_t i = 0; i < heaps.size(); ++i) {
    CHECK(HeapSize(heaps[i], 0, blocks[i]) == 119);
    CHECK(HeapSize(heaps[(i + 1) % 300], 0, blocks[i]) == no_size);
  }
  for (HANDLE heap : heaps) {
    REQUIRE(HeapDestroy(heap));
  }
  CHECK(heap_count() == n);
}
