// SPDX-License-Identifier: MIT
// Fixed heaps: how much goes in, and that nothing more does.
#include "heap/some_heap.hpp"
#include "support/pattern.hpp"

#include <random>
#include <vector>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

constexpr SIZE_T charge = sizeof(void*) == 8 ? 2048 : 1536;

// effects: fills the heap with blocks of a size. returns: them
std::vector<void*> fill_up(HANDLE heap, SIZE_T size) {
  std::vector<void*> blocks;
  while (void* p = HeapAlloc(heap, 0, size)) {
    support::fill(p, size, blocks.size());
    blocks.push_back(p);
  }
  return blocks;
}

} // namespace

TEST_CASE("a fixed heap holds what its maximum says, for every size of block", "[heap][fixed]") {
  for (const SIZE_T size : {SIZE_T{0}, SIZE_T{16}, SIZE_T{27}, SIZE_T{53}, SIZE_T{490}, SIZE_T{496}, SIZE_T{1190},
                            SIZE_T{4096}, SIZE_T{5003}, SIZE_T{70001}}) {
    constexpr SIZE_T maximum = 256 << 10;
    const some_heap heap(0, 0, maximum);
    const SIZE_T takes = size == 0 ? 16 : (size + 15) / 16 * 16;
    INFO("size " << size);
    for (int round = 0; round < 3; ++round) {
      const std::vector<void*> blocks = fill_up(heap.get(), size);
      CHECK(blocks.size() == (maximum - charge) / takes);
      CHECK(HeapValidate(heap.get(), 0, nullptr));
      bool good = true;
      for (std::size_t i = 0; i < blocks.size(); ++i) {
        good = good && support::holds(blocks[i], size, i);
      }
      for (std::size_t i = 0; i < blocks.size(); ++i) {
        good = good && HeapFree(heap.get(), 0, blocks[i]);
      }
      CHECK(good);
    }
  }
}

TEST_CASE("what small blocks leave behind serves large ones, and the other way round", "[heap][fixed]") {
  constexpr SIZE_T maximum = 256 << 10;
  const some_heap heap(0, 0, maximum);
  for (const SIZE_T size : {SIZE_T{1}, SIZE_T{53}, SIZE_T{119}, SIZE_T{4000}, SIZE_T{33}}) {
    const std::vector<void*> blocks = fill_up(heap.get(), size);
    std::mt19937 random(static_cast<unsigned>(size));
    std::vector<void*> order = blocks;
    std::shuffle(order.begin(), order.end(), random);
    for (void* p : order) {
      REQUIRE(HeapFree(heap.get(), 0, p));
    }
    void* all = HeapAlloc(heap.get(), 0, maximum - charge);
    CHECK(all != nullptr); // in one piece
    CHECK(HeapSize(heap.get(), 0, all) == maximum - charge);
    CHECK(HeapAlloc(heap.get(), 0, 0) == nullptr);
    CHECK(HeapFree(heap.get(), 0, all));
  }
}

TEST_CASE("a maximum is rounded up to a page, and raised to the initial size", "[heap][fixed]") {
  const auto room_of = [](HANDLE heap) {
    HEAP_SUMMARY summary{};
    summary.cb = sizeof summary;
    REQUIRE(HeapSummary(heap, 0, &summary));
    return summary.cbMaxReserve;
  };
  const SIZE_T page = room_of(some_heap(0, 0, 1).get());
  CHECK(page >= 4096);
  CHECK(room_of(some_heap(0, 0, page).get()) == page);
  CHECK(room_of(some_heap(0, 0, page + 1).get()) == 2 * page);
  CHECK(room_of(some_heap(0, 5 * page, 5 * page).get()) == 5 * page); // equal is accepted
  CHECK(room_of(some_heap(0, 7 * page - 1, page).get()) == 7 * page); // decision 34
}

// Decision 33.
TEST_CASE("no block of a fixed heap is larger than the limit, however large the heap", "[heap][fixed]") {
  constexpr SIZE_T limit = sizeof(void*) == 8 ? 0xFF000 : 0x7F000;
  const some_heap heap(0, 0, SIZE_T{8} << 20);
  CHECK(HeapAlloc(heap.get(), 0, limit) == nullptr);
  void* p = HeapAlloc(heap.get(), 0, limit - 1);
  REQUIRE(p != nullptr);
  CHECK(HeapReAlloc(heap.get(), 0, p, limit) == nullptr);
  CHECK(HeapReAlloc(heap.get(), HEAP_REALLOC_IN_PLACE_ONLY, p, limit) == nullptr);
  CHECK(HeapSize(heap.get(), 0, p) == limit - 1);
  const some_heap growable;
  CHECK(HeapAlloc(growable.get(), 0, limit) != nullptr);
}

TEST_CASE("a reallocation that does not fit keeps the block", "[heap][fixed]") {
  const some_heap heap(0, 0, 64 << 10);
  void* p = HeapAlloc(heap.get(), 0, 30011);
  REQUIRE(p != nullptr);
  void* barrier = HeapAlloc(heap.get(), 0, 53);
  support::fill(p, 30011, 1);
  CHECK(HeapReAlloc(heap.get(), 0, p, 40000) == nullptr); // there is room for one of them, not for both
  CHECK(HeapSize(heap.get(), 0, p) == 30011);
  CHECK(support::holds(p, 30011, 1));
  CHECK(HeapFree(heap.get(), 0, barrier));
  CHECK(HeapReAlloc(heap.get(), 0, p, 50000) == p); // now it can grow where it is
  CHECK(support::holds(p, 30011, 1));
}

TEST_CASE("the block that fills the heap grows in place only", "[heap][fixed]") {
  const some_heap heap(HEAP_NO_SERIALIZE, 0, 64 << 10);
  void* p = HeapAlloc(heap.get(), 0, 53);
  CHECK(HeapReAlloc(heap.get(), 0, p, (64 << 10) - charge) == p);
  CHECK(HeapReAlloc(heap.get(), 0, p, (64 << 10) - charge + 1) == nullptr);
  CHECK(HeapReAlloc(heap.get(), 0, p, 1) == p);
  CHECK(HeapAlloc(heap.get(), 0, (64 << 10) - charge - 16) != nullptr);
}

// Kept blocks that lie behind are in the way only until somebody needs their room.
TEST_CASE("a freed neighbour makes room in place", "[heap][fixed]") {
  const some_heap heap(0, 0, 0);
  void* p = HeapAlloc(heap.get(), 0, 4000);
  void* next = HeapAlloc(heap.get(), 0, 4000);
  REQUIRE(next == at(p, 4000));
  CHECK(HeapReAlloc(heap.get(), HEAP_REALLOC_IN_PLACE_ONLY, p, 8000) == nullptr);
  CHECK(HeapFree(heap.get(), 0, next));
  CHECK(HeapReAlloc(heap.get(), HEAP_REALLOC_IN_PLACE_ONLY, p, 8000) == p);
}
