// SPDX-License-Identifier: MIT
// HeapWalk and HeapSummary.
#include "heap/some_heap.hpp"

#include <cstring>
#include <mallocspy/mallocspy.hpp>
#include <map>
#include <random>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

struct walked {
  std::map<void*, SIZE_T> busy;
  std::size_t regions = 0;
  std::size_t free_blocks = 0;
  bool region_first = false;
  bool each_once = true;
  bool inside_regions = true;
  DWORD end = 0;
};

// returns: what a walk finds, started with an entry that is garbage but for lpData
walked walk(HANDLE heap) {
  walked found;
  PROCESS_HEAP_ENTRY entry;
  std::memset(&entry, 0xA5, sizeof entry);
  entry.lpData = nullptr;
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  SetLastError(untouched);
  for (std::size_t n = 0; HeapWalk(heap, &entry) && n < 10000000; ++n) {
    if ((entry.wFlags & PROCESS_HEAP_REGION) != 0) {
      found.region_first = found.region_first || n == 0;
      ++found.regions;
      begin = reinterpret_cast<std::uintptr_t>(entry.Region.lpFirstBlock);
      end = reinterpret_cast<std::uintptr_t>(entry.Region.lpLastBlock);
      continue;
    }
    const auto address = reinterpret_cast<std::uintptr_t>(entry.lpData);
    const bool large = entry.cbData >= 512 << 10;
    found.inside_regions = found.inside_regions && (large || (address >= begin && address + entry.cbData <= end));
    if ((entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) != 0) {
      found.each_once = found.busy.emplace(entry.lpData, entry.cbData).second && found.each_once;
    } else {
      ++found.free_blocks;
    }
  }
  found.end = GetLastError();
  return found;
}

HEAP_SUMMARY summary_of(HANDLE heap) {
  HEAP_SUMMARY summary{};
  summary.cb = sizeof summary;
  REQUIRE(HeapSummary(heap, 0, &summary));
  CHECK(summary.cbAllocated <= summary.cbCommitted);
  CHECK(summary.cbCommitted <= summary.cbReserved);
  CHECK(summary.cbReserved <= summary.cbMaxReserve);
  return summary;
}

} // namespace

TEST_CASE("the structures are laid out as on Windows", "[heap][walk]") {
  CHECK(sizeof(PROCESS_HEAP_ENTRY) == (sizeof(void*) == 8 ? 40 : 28));
  CHECK(sizeof(HEAP_SUMMARY) == (sizeof(void*) == 8 ? 40 : 20));
  CHECK(offsetof(PROCESS_HEAP_ENTRY, cbData) == sizeof(void*));
  CHECK(offsetof(PROCESS_HEAP_ENTRY, cbOverhead) == sizeof(void*) + 4);
  CHECK(offsetof(PROCESS_HEAP_ENTRY, iRegionIndex) == sizeof(void*) + 5);
  CHECK(offsetof(PROCESS_HEAP_ENTRY, wFlags) == sizeof(void*) + 6);
  CHECK(offsetof(PROCESS_HEAP_ENTRY, Region) == sizeof(void*) + 8);
}

TEST_CASE("a walk through an empty heap has a region and an end", "[heap][walk]") {
  for (const SIZE_T maximum : {SIZE_T{0}, SIZE_T{65536}}) {
    const some_heap heap(0, 0, maximum);
    const walked found = walk(heap.get());
    CHECK(found.region_first);
    CHECK(found.regions == 1);
    CHECK(found.busy.empty());
    CHECK(found.end == ERROR_NO_MORE_ITEMS);
  }
}

TEST_CASE("a walk lists every live block once, through random operations", "[heap][walk]") {
  for (const SIZE_T maximum : {SIZE_T{0}, SIZE_T{4} << 20}) {
    const some_heap heap(0, 0, maximum);
    std::map<void*, SIZE_T> live;
    std::mt19937 random(25);
    SIZE_T sum = 0;
    for (int i = 0; i < 6000; ++i) {
      if (random() % 3 != 0 || live.empty()) {
        const SIZE_T size = random() % (random() % 20 == 0 ? 20000 : 300);
        void* p = HeapAlloc(heap.get(), 0, size);
        if (p != nullptr) {
          live.emplace(p, size);
          sum += size;
        }
      } else {
        const auto chosen = live.lower_bound(std::next(live.begin(), static_cast<long>(random() % live.size()))->first);
        sum -= chosen->second;
        REQUIRE(HeapFree(heap.get(), 0, chosen->first));
        live.erase(chosen);
      }
    }
    const walked found = walk(heap.get());
    CHECK(found.busy == live);
    CHECK(found.each_once);
    CHECK(found.inside_regions);
    CHECK(found.region_first);
    CHECK(found.free_blocks > 0);
    CHECK(found.end == ERROR_NO_MORE_ITEMS);
    CHECK(summary_of(heap.get()).cbAllocated == sum);
  }
}

TEST_CASE("a walk goes through all segments and all large blocks", "[heap][walk]") {
  const some_heap heap;
  std::map<void*, SIZE_T> live;
  for (SIZE_T i = 0; i < 40; ++i) {
    for (const SIZE_T size : {SIZE_T{300011}, SIZE_T{700001} + i, SIZE_T{53}}) {
      live.emplace(HeapAlloc(heap.get(), 0, size), size);
    }
  }
  const walked found = walk(heap.get());
  CHECK(found.busy == live);
  CHECK(found.regions >= 3);
  CHECK(found.end == ERROR_NO_MORE_ITEMS);
}

TEST_CASE("region entries tell their bounds", "[heap][walk]") {
  const some_heap heap(0, 0, 65536);
  void* p = HeapAlloc(heap.get(), 0, 53);
  PROCESS_HEAP_ENTRY entry{};
  REQUIRE(HeapWalk(heap.get(), &entry));
  CHECK(entry.wFlags == PROCESS_HEAP_REGION);
  CHECK(entry.lpData == p);
  CHECK(entry.Region.lpFirstBlock == p);
  CHECK(entry.cbData == 65536 - 2048);
  CHECK(entry.Region.lpLastBlock == at(p, 65536 - 2048));
  CHECK(entry.Region.dwCommittedSize + entry.Region.dwUnCommittedSize == entry.cbData);
  REQUIRE(HeapWalk(heap.get(), &entry));
  CHECK(entry.wFlags == PROCESS_HEAP_ENTRY_BUSY);
  CHECK(entry.lpData == p);
  CHECK(entry.cbData == 53);
  CHECK(entry.cbOverhead == 11);
  CHECK(HeapValidate(heap.get(), 0, entry.lpData));
}

TEST_CASE("an entry whose block was freed meanwhile is told so", "[heap][walk]") {
  const some_heap heap;
  for (const SIZE_T size : {SIZE_T{53}, SIZE_T{20011}, SIZE_T{700001}}) {
    void* p = HeapAlloc(heap.get(), 0, size);
    PROCESS_HEAP_ENTRY entry{};
    while (entry.lpData != p || entry.wFlags != PROCESS_HEAP_ENTRY_BUSY) {
      REQUIRE(HeapWalk(heap.get(), &entry));
    }
    REQUIRE(HeapFree(heap.get(), 0, p));
    CHECK(error_of([&] { CHECK_FALSE(HeapWalk(heap.get(), &entry)); }) == ERROR_INVALID_PARAMETER);
  }
  void* q = HeapAlloc(GetProcessHeap(), 0, 53);
  PROCESS_HEAP_ENTRY entry{};
  entry.lpData = q;
  entry.wFlags = PROCESS_HEAP_ENTRY_BUSY;
  REQUIRE(HeapFree(GetProcessHeap(), 0, q));
  CHECK(error_of([&] { CHECK_FALSE(HeapWalk(GetProcessHeap(), &entry)); }) == ERROR_INVALID_PARAMETER);
}

TEST_CASE("wrong arguments of HeapWalk and HeapSummary", "[heap][walk]") {
  const some_heap heap;
  int local = 0;
  PROCESS_HEAP_ENTRY entry{};
  HEAP_SUMMARY summary{};
  summary.cb = sizeof summary;
  for (HANDLE h : {heap.get(), GetProcessHeap()}) {
    CHECK(error_of([&] { CHECK_FALSE(HeapWalk(h, nullptr)); }) == ERROR_INVALID_PARAMETER);
    entry = {};
    entry.lpData = &local;
    entry.wFlags = PROCESS_HEAP_ENTRY_BUSY;
    CHECK(error_of([&] { CHECK_FALSE(HeapWalk(h, &entry)); }) == ERROR_INVALID_PARAMETER);
    CHECK(error_of([&] { CHECK_FALSE(HeapSummary(h, 0, nullptr)); }) == ERROR_INVALID_PARAMETER);
    CHECK(error_of([&] { CHECK_FALSE(HeapSummary(h, 1, &summary)); }) == ERROR_INVALID_PARAMETER);
    for (const DWORD wrong : {DWORD{0}, DWORD{sizeof summary - 1}, DWORD{sizeof summary + 1}}) {
      summary.cb = wrong;
      CHECK(error_of([&] { CHECK_FALSE(HeapSummary(h, 0, &summary)); }) == ERROR_INVALID_PARAMETER);
    }
    summary.cb = sizeof summary;
    CHECK(HeapSummary(h, 0, &summary));
  }
  for (HANDLE wrong : {HANDLE(nullptr), HANDLE(&local)}) {
    CHECK(error_of([&] { CHECK_FALSE(HeapWalk(wrong, &entry)); }) == ERROR_INVALID_HANDLE);
    CHECK(error_of([&] { CHECK_FALSE(HeapSummary(wrong, 0, &summary)); }) == ERROR_INVALID_HANDLE);
  }
}

TEST_CASE("the summary of fixed and growable heaps", "[heap][summary]") {
  const some_heap fixed(0, 0, 100000);
  CHECK(summary_of(fixed.get()).cbAllocated == 0);
  CHECK(summary_of(fixed.get()).cbMaxReserve == 102400);
  HeapAlloc(fixed.get(), 0, 53);
  HeapAlloc(fixed.get(), 0, 0);
  HeapAlloc(fixed.get(), 0, 5003);
  CHECK(summary_of(fixed.get()).cbAllocated == 5056);
  CHECK(summary_of(fixed.get()).cbMaxReserve == 102400);

  const some_heap growable;
  HeapAlloc(growable.get(), 0, 53);
  HeapAlloc(growable.get(), 0, 9000001);
  const HEAP_SUMMARY summary = summary_of(growable.get());
  CHECK(summary.cbAllocated == 9000054);
  CHECK(summary.cbMaxReserve == summary.cbReserved);
}

TEST_CASE("the process heap's walk and summary know the task allocator's blocks", "[heap][walk]") {
  const walked before = walk(GetProcessHeap());
  CHECK(before.region_first);
  CHECK(before.regions == 1);
  CHECK(before.end == ERROR_NO_MORE_ITEMS);
  const SIZE_T allocated = summary_of(GetProcessHeap()).cbAllocated;
  std::map<void*, SIZE_T> live = before.busy;
  for (const SIZE_T size : {SIZE_T{0}, SIZE_T{27}, SIZE_T{53}, SIZE_T{5003}, SIZE_T{2000003}}) {
    live.emplace(CoTaskMemAlloc(size), size);
    live.emplace(HeapAlloc(GetProcessHeap(), 0, size), size);
  }
  const walked found = walk(GetProcessHeap());
  CHECK(found.busy == live);
  CHECK(found.each_once);
  CHECK(summary_of(GetProcessHeap()).cbAllocated == allocated + 2 * (27 + 53 + 5003 + 2000003));
  for (const auto& [p, size] : live) {
    if (before.busy.count(p) == 0) {
      CoTaskMemFree(p);
    }
  }
  CHECK(walk(GetProcessHeap()).busy == before.busy);
}
