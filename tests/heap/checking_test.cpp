// SPDX-License-Identifier: MIT
// HeapValidate and HeapCompact.
#include "blocks/build_kind.hpp"
#include "heap/some_heap.hpp"

#include <cstring>
#include <vector>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

SIZE_T reserved(HANDLE heap) {
  HEAP_SUMMARY summary{};
  summary.cb = sizeof summary;
  REQUIRE(HeapSummary(heap, 0, &summary));
  return summary.cbReserved;
}

} // namespace

TEST_CASE("HeapValidate of a block, and of the whole heap", "[heap][validate]") {
  const some_heap heap;
  CHECK(HeapValidate(heap.get(), 0, nullptr)); // empty
  void* p = HeapAlloc(heap.get(), 0, 53);
  CHECK(HeapValidate(heap.get(), 0, nullptr));
  CHECK(HeapValidate(heap.get(), 0, p));
  CHECK(HeapValidate(heap.get(), HEAP_NO_SERIALIZE, p));
  CHECK_FALSE(HeapValidate(heap.get(), 0, at(p, 4)));
  CHECK_FALSE(HeapValidate(GetProcessHeap(), 0, p));
  HeapFree(heap.get(), 0, p);
  CHECK_FALSE(HeapValidate(heap.get(), 0, p));
  CHECK(HeapValidate(heap.get(), 0, nullptr));
  CHECK(HeapValidate(GetProcessHeap(), 0, nullptr));
  CHECK(HeapValidate(GetProcessHeap(), HEAP_NO_SERIALIZE, nullptr));
}

#if !MALLOCSPY_TESTS_UNDER_ASAN // which would report the write itself
TEST_CASE("HeapValidate finds what was written to freed blocks", "[heap][validate]") {
  for (const SIZE_T size : {SIZE_T{27}, SIZE_T{53}, SIZE_T{20011}}) {
    const some_heap heap;
    void* blocks[6];
    for (void*& p : blocks) {
      p = HeapAlloc(heap.get(), 0, size);
    }
    for (int i = 1; i < 6; i += 2) {
      HeapFree(heap.get(), 0, blocks[i]);
    }
    REQUIRE(HeapValidate(heap.get(), 0, nullptr));
    std::uintptr_t before = 0;
    std::memcpy(&before, blocks[3], sizeof before);
    const std::uintptr_t wild = 0x4141414141414141U;
    std::memcpy(blocks[3], &wild, sizeof wild);
    INFO("size " << size);
    CHECK_FALSE(HeapValidate(heap.get(), 0, nullptr));
    CHECK(HeapValidate(heap.get(), 0, blocks[2]));
    std::memcpy(blocks[3], &before, sizeof before);
    CHECK(HeapValidate(heap.get(), 0, nullptr));
    // A link to a block that lives.
    const auto live = reinterpret_cast<std::uintptr_t>(blocks[2]);
    std::memcpy(blocks[3], &live, sizeof live);
    CHECK_FALSE(HeapValidate(heap.get(), 0, nullptr));
    std::memcpy(blocks[3], &before, sizeof before);
  }
}

TEST_CASE("HeapValidate ends where freed blocks were linked to a ring", "[heap][validate]") {
  const some_heap heap;
  void* p = HeapAlloc(heap.get(), 0, 53);
  void* q = HeapAlloc(heap.get(), 0, 53);
  HeapFree(heap.get(), 0, p);
  HeapFree(heap.get(), 0, q); // q leads to p
  std::uintptr_t before = 0;
  std::memcpy(&before, p, sizeof before);
  const auto back = reinterpret_cast<std::uintptr_t>(q);
  std::memcpy(p, &back, sizeof back);
  CHECK_FALSE(HeapValidate(heap.get(), 0, nullptr));
  std::memcpy(p, &before, sizeof before);
  CHECK(HeapValidate(heap.get(), 0, nullptr));
}
#endif

TEST_CASE("HeapCompact tells the largest free block of a fixed heap", "[heap][compact]") {
  const some_heap heap(0, 0, 64 << 10);
  const SIZE_T room = (64 << 10) - 2048;
  CHECK(HeapCompact(heap.get(), 0) == room);
  void* p = HeapAlloc(heap.get(), 0, 16000);
  void* q = HeapAlloc(heap.get(), 0, 53);
  CHECK(HeapCompact(heap.get(), 0) == room - 16000 - 64);
  void* rest = HeapAlloc(heap.get(), 0, room - 16000 - 64);
  REQUIRE(rest != nullptr);
  CHECK(error_of([&] { CHECK(HeapCompact(heap.get(), 0) == 0); }) == NO_ERROR); // truly nothing
  HeapFree(heap.get(), 0, p);
  CHECK(HeapCompact(heap.get(), 0) == 16000);
  HeapFree(heap.get(), 0, q);
  CHECK(HeapCompact(heap.get(), 0) == 16064); // put together
  HeapFree(heap.get(), 0, rest);
  CHECK(HeapCompact(heap.get(), HEAP_NO_SERIALIZE) == room);
}

TEST_CASE("HeapCompact gives segments back that hold no block", "[heap][compact]") {
  const some_heap heap;
  std::vector<void*> blocks;
  for (int i = 0; i < 100000; ++i) {
    blocks.push_back(HeapAlloc(heap.get(), 0, 119));
  }
  const SIZE_T most = reserved(heap.get());
  CHECK(most >= 100000 * SIZE_T{119});
  for (std::size_t i = 1; i < blocks.size(); ++i) {
    HeapFree(heap.get(), 0, blocks[i]);
  }
  HeapCompact(heap.get(), 0);
  CHECK(reserved(heap.get()) < SIZE_T{8} << 20);
  CHECK(HeapSize(heap.get(), 0, blocks[0]) == 119);
  HeapFree(heap.get(), 0, blocks[0]);
  HeapCompact(heap.get(), 0);
  CHECK(reserved(heap.get()) == 0);
  void* again = HeapAlloc(heap.get(), 0, 119);
  CHECK(again != nullptr);
  CHECK(HeapValidate(heap.get(), 0, nullptr));
}

TEST_CASE("what is compacted can be used as before", "[heap][compact]") {
  const some_heap heap(0, 0, 1 << 20);
  void* p = HeapAlloc(heap.get(), 0, 500001);
  std::memset(p, 0x41, 500001);
  HeapFree(heap.get(), 0, p);
  HeapCompact(heap.get(), 0); // its pages go
  CHECK(HeapValidate(heap.get(), 0, nullptr));
  void* q = HeapAlloc(heap.get(), HEAP_ZERO_MEMORY, 900001);
  REQUIRE(q != nullptr);
  CHECK(all_zero(q, 0, 900001));
}

TEST_CASE("HeapCompact of the process heap and of none", "[heap][compact]") {
  CHECK(error_of([&] { CHECK(HeapCompact(GetProcessHeap(), 0) == 0); }) == NO_ERROR);
  int local = 0;
  CHECK(error_of([&] { CHECK(HeapCompact(&local, 0) == 0); }) == ERROR_INVALID_HANDLE);
  CHECK(error_of([&] { CHECK(HeapCompact(nullptr, 0) == 0); }) == ERROR_INVALID_HANDLE);
  const some_heap empty;
  CHECK(error_of([&] { CHECK(HeapCompact(empty.get(), 0) == 0); }) == NO_ERROR);
}
