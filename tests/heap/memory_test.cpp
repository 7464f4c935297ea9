// SPDX-License-Identifier: MIT
// HeapAlloc, HeapReAlloc, HeapFree and HeapSize on every kind of heap.
#include "blocks/misuse_recorder.hpp"
#include "heap/some_heap.hpp"
#include "support/pattern.hpp"

#include <functional>
#include <vector>

using namespace mallocspy;
using namespace mallocspy::tests;
using support::fill;
using support::holds;

namespace {

// effects: runs a test on the process heap and on private heaps of all kinds
void on_each_heap(const std::function<void(HANDLE)>& test) {
  {
    INFO("the process heap");
    test(GetProcessHeap());
  }
  for (const DWORD options : {DWORD{0}, HEAP_NO_SERIALIZE}) {
    for (const SIZE_T maximum : {SIZE_T{0}, SIZE_T{16} << 20}) {
      INFO("options " << options << ", maximum " << maximum);
      const some_heap heap(options, 0, maximum);
      test(heap.get());
      CHECK(HeapValidate(heap.get(), 0, nullptr));
    }
  }
}

bool is_aligned(const void* p) {
  return reinterpret_cast<std::uintptr_t>(p) % (2 * sizeof(void*)) == 0;
}

} // namespace

TEST_CASE("sizes are exact and blocks aligned, for every size", "[heap][memory]") {
  on_each_heap([](HANDLE heap) {
    std::vector<std::pair<void*, SIZE_T>> blocks;
    for (SIZE_T size = 0; size < 5000; size += size < 700 ? 1 : 29) {
      void* p = HeapAlloc(heap, 0, size);
      REQUIRE(p != nullptr);
      fill(p, size, size);
      blocks.emplace_back(p, size);
    }
    for (const SIZE_T size : {SIZE_T{65519}, SIZE_T{65536}, SIZE_T{516096}, SIZE_T{524287}, SIZE_T{1044479}}) {
      void* p = HeapAlloc(heap, 0, size);
      REQUIRE(p != nullptr);
      fill(p, size, size);
      blocks.emplace_back(p, size);
    }
    bool good = true;
    for (const auto& [p, size] : blocks) {
      good = good && HeapSize(heap, 0, p) == size && is_aligned(p) && holds(p, size, size) && HeapValidate(heap, 0, p);
    }
    CHECK(good);
    for (const auto& [p, size] : blocks) {
      good = good && HeapFree(heap, 0, p) && HeapSize(heap, 0, p) == no_size;
    }
    CHECK(good);
  });
}

TEST_CASE("blocks of 0 bytes are blocks of their own", "[heap][memory]") {
  on_each_heap([](HANDLE heap) {
    void* p = HeapAlloc(heap, 0, 0);
    void* q = HeapAlloc(heap, 0, 0);
    REQUIRE(p != nullptr);
    REQUIRE(q != nullptr);
    CHECK(p != q);
    CHECK(HeapSize(heap, 0, p) == 0);
    CHECK(HeapFree(heap, 0, p));
    CHECK(HeapFree(heap, 0, q));
  });
}

TEST_CASE("no heap has room for the largest sizes, and says nothing of it in the last error", "[heap][memory]") {
  on_each_heap([](HANDLE heap) {
    void* p = HeapAlloc(heap, 0, 53);
    fill(p, 53, 1);
    for (SIZE_T below = 0; below < 70; ++below) {
      CHECK(error_of([&] { CHECK(HeapAlloc(heap, 0, SIZE_MAX - below) == nullptr); }) == untouched);
      CHECK(error_of([&] { CHECK(HeapReAlloc(heap, 0, p, SIZE_MAX - below) == nullptr); }) == untouched);
    }
    CHECK(HeapAlloc(heap, HEAP_ZERO_MEMORY, SIZE_MAX / 2) == nullptr);
    CHECK(HeapAlloc(heap, 0, SIZE_MAX / 2 + 1) == nullptr);
    CHECK(HeapReAlloc(heap, HEAP_ZERO_MEMORY, p, SIZE_MAX / 2) == nullptr);
    CHECK(HeapSize(heap, 0, p) == 53);
    CHECK(holds(p, 53, 1));
    CHECK(HeapFree(heap, 0, p));
  });
}

TEST_CASE("HEAP_ZERO_MEMORY zeroes all bytes of a block that was used before", "[heap][memory]") {
  on_each_heap([](HANDLE heap) {
    for (const SIZE_T size : {SIZE_T{1}, SIZE_T{53}, SIZE_T{495}, SIZE_T{4099}, SIZE_T{70001}, SIZE_T{900001}}) {
      for (int round = 0; round < 3; ++round) {
        void* p = HeapAlloc(heap, HEAP_ZERO_MEMORY, size);
        REQUIRE(p != nullptr);
        CHECK(all_zero(p, 0, size));
        fill(p, size, size);
        CHECK(HeapFree(heap, 0, p));
      }
    }
  });
}

TEST_CASE("HeapReAlloc keeps contents, and zeroes from the present size on if asked", "[heap][memory]") {
  on_each_heap([](HANDLE heap) {
    void* p = HeapAlloc(heap, 0, 0);
    SIZE_T size = 0;
    for (const SIZE_T next : {SIZE_T{53}, SIZE_T{119}, SIZE_T{20}, SIZE_T{1190}, SIZE_T{70001}, SIZE_T{27}, SIZE_T{900001},
                              SIZE_T{600}, SIZE_T{900001}, SIZE_T{0}, SIZE_T{31}}) {
      const DWORD flags = next % 2 == 0 ? 0 : HEAP_ZERO_MEMORY;
      p = HeapReAlloc(heap, flags, p, next);
      REQUIRE(p != nullptr);
      INFO(size << " to " << next);
      CHECK(HeapSize(heap, 0, p) == next);
      CHECK(holds(p, size < next ? size : next, size));
      if (flags != 0 && next > size) {
        CHECK(all_zero(p, size, next));
      }
      fill(p, next, next);
      size = next;
    }
    CHECK(HeapFree(heap, 0, p));
  });
}

// Decision 37.
TEST_CASE("a block that shrinks stays where it is, and may grow back in place", "[heap][memory]") {
  on_each_heap([](HANDLE heap) {
    for (const SIZE_T size : {SIZE_T{119}, SIZE_T{1190}, SIZE_T{20011}, SIZE_T{900001}}) {
      void* p = HeapAlloc(heap, 0, size);
      REQUIRE(p != nullptr);
      fill(p, size, 3);
      CHECK(HeapReAlloc(heap, 0, p, size) == p);
      for (const SIZE_T next : {size - 1, size / 2, SIZE_T{1}, SIZE_T{0}}) {
        CHECK(HeapReAlloc(heap, next % 2 == 0 ? HEAP_REALLOC_IN_PLACE_ONLY : 0, p, next) == p);
        CHECK(HeapSize(heap, 0, p) == next);
        CHECK(holds(p, next, 3));
      }
      CHECK(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, p, size) == p);
      CHECK(HeapSize(heap, 0, p) == size);
      CHECK(HeapFree(heap, 0, p));
    }
  });
}

TEST_CASE("HEAP_REALLOC_IN_PLACE_ONLY fails rather than moves", "[heap][memory]") {
  on_each_heap([](HANDLE heap) {
    void* p = HeapAlloc(heap, 0, 53);
    void* barrier = HeapAlloc(heap, 0, 53);
    fill(p, 53, 5);
    CHECK(error_of([&] { CHECK(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, p, 1 << 20) == nullptr); }) == untouched);
    CHECK(HeapSize(heap, 0, p) == 53);
    CHECK(holds(p, 53, 5));
    CHECK(HeapValidate(heap, 0, p));
    void* moved = HeapReAlloc(heap, 0, p, 700001);
    REQUIRE(moved != nullptr);
    CHECK(moved != p);
    CHECK(holds(moved, 53, 5));
    CHECK(HeapValidate(heap, 0, p) == FALSE);
    CHECK(HeapFree(heap, 0, moved));
    CHECK(HeapFree(heap, 0, barrier));
  });
}

TEST_CASE("HeapReAlloc of null, and to 0 bytes", "[heap][memory]") {
  const misuse_recorder told;
  on_each_heap([](HANDLE heap) {
    CHECK(error_of([&] { CHECK(HeapReAlloc(heap, 0, nullptr, 53) == nullptr); }) == untouched);
    CHECK(HeapReAlloc(heap, 0, nullptr, 0) == nullptr);
    void* p = HeapAlloc(heap, 0, 53);
    CHECK(HeapReAlloc(heap, 0, p, 0) == p);
    CHECK(HeapSize(heap, 0, p) == 0);
    CHECK(HeapFree(heap, 0, p));
  });
  CHECK(misuse_recorder::take() == 0);
}

// Decisions 38, 39, 40.
TEST_CASE("pointers that are no blocks of the heap", "[heap][memory]") {
  const misuse_recorder told;
  const some_heap other;
  void* elsewhere = HeapAlloc(other.get(), 0, 53);
  on_each_heap([&](HANDLE heap) {
    void* p = HeapAlloc(heap, 0, 119);
    void* large = HeapAlloc(heap, 0, 900001);
    void* freed = HeapAlloc(heap, 0, 70001);
    REQUIRE(HeapFree(heap, 0, freed));
    fill(p, 119, 7);
    int local = 0;
    const std::vector<void*> wrong = {at(p, 1),
                                      at(p, 16),
                                      at(p, 118),
                                      at(p, -16),
                                      at(large, 16),
                                      at(large, 4096),
                                      at(large, 900000),
                                      freed,
                                      elsewhere,
                                      &local,
                                      reinterpret_cast<void*>(std::uintptr_t{1}),
                                      reinterpret_cast<void*>(std::uintptr_t{16}),
                                      reinterpret_cast<void*>(~std::uintptr_t{0} - 15),
                                      reinterpret_cast<void*>(std::uintptr_t{1} << 63)};
    for (const DWORD flags : {DWORD{0}, HEAP_NO_SERIALIZE}) {
      for (void* q : wrong) {
        INFO(q);
        CHECK(error_of([&] { CHECK(HeapSize(heap, flags, q) == no_size); }) == untouched);
        CHECK(error_of([&] { CHECK(HeapValidate(heap, flags, q) == FALSE); }) == untouched);
        CHECK(error_of([&] { CHECK(HeapReAlloc(heap, flags, q, 53) == nullptr); }) == untouched);
        CHECK(misuse_recorder::take() == 1);
        CHECK(misuse_recorder::last().pointer == q);
        CHECK(error_of([&] { CHECK(HeapFree(heap, flags, q) == FALSE); }) == ERROR_INVALID_PARAMETER);
        CHECK(misuse_recorder::take() == 1);
      }
    }
    CHECK(error_of([&] { CHECK(HeapFree(heap, 0, nullptr) == TRUE); }) == untouched);
    CHECK(error_of([&] { CHECK(HeapSize(heap, 0, nullptr) == no_size); }) == untouched);
    CHECK(misuse_recorder::take() == 0);
    CHECK(HeapSize(heap, 0, p) == 119);
    CHECK(holds(p, 119, 7));
    CHECK(HeapFree(heap, 0, p));
    CHECK(HeapFree(heap, 0, large));
  });
  CHECK(HeapSize(other.get(), 0, elsewhere) == 53);
}

TEST_CASE("handles that are no heaps", "[heap][memory]") {
  int local = 0;
  void* p = HeapAlloc(GetProcessHeap(), 0, 53);
  for (HANDLE wrong : {HANDLE(nullptr), HANDLE(&local), HANDLE(p), reinterpret_cast<HANDLE>(~std::uintptr_t{0})}) {
    CHECK(error_of([&] { CHECK(HeapAlloc(wrong, 0, 53) == nullptr); }) == untouched);
    CHECK(error_of([&] { CHECK(HeapReAlloc(wrong, 0, p, 53) == nullptr); }) == untouched);
    CHECK(error_of([&] { CHECK(HeapSize(wrong, 0, p) == no_size); }) == untouched);
    CHECK(error_of([&] { CHECK(HeapValidate(wrong, 0, p) == FALSE); }) == untouched);
    CHECK(error_of([&] { CHECK(HeapFree(wrong, 0, p) == FALSE); }) == ERROR_INVALID_HANDLE);
  }
  CHECK(HeapSize(GetProcessHeap(), 0, p) == 53);
  CHECK(HeapFree(GetProcessHeap(), 0, p));
}

TEST_CASE("flags that are not known are ignored", "[heap][memory]") {
  const DWORD all = 0xFFFFFFFF & ~(HEAP_GENERATE_EXCEPTIONS | HEAP_REALLOC_IN_PLACE_ONLY);
  on_each_heap([&](HANDLE heap) {
    void* p = HeapAlloc(heap, all, 53);
    REQUIRE(p != nullptr);
    CHECK(all_zero(p, 0, 53));
    p = HeapReAlloc(heap, all, p, 700001);
    REQUIRE(p != nullptr);
    CHECK(HeapSize(heap, all, p) == 700001);
    CHECK(HeapValidate(heap, all, p));
    CHECK(HeapFree(heap, all, p));
  });
}

TEST_CASE("the misuse handler hears what kind of pointer it was, and where", "[heap][memory]") {
  const misuse_recorder told;
  const some_heap heap;
  void* p = HeapAlloc(heap.get(), 0, 1190);
  void* large = HeapAlloc(heap.get(), 0, 900001);
  HeapFree(heap.get(), 0, at(p, 53));
  CHECK(misuse_recorder::last().kind == misuse_kind::interior);
  CHECK(misuse_recorder::last().block == p);
  CHECK(misuse_recorder::last().offset == 53);
  CHECK(misuse_recorder::last().size == 1190);
  CHECK(std::string(misuse_recorder::last().operation) == "HeapFree");
  HeapReAlloc(heap.get(), 0, at(large, 5003), 1);
  CHECK(misuse_recorder::last().kind == misuse_kind::interior);
  CHECK(misuse_recorder::last().block == large);
  CHECK(misuse_recorder::last().offset == 5003);
  CHECK(misuse_recorder::last().size == 900001);
  CHECK(std::string(misuse_recorder::last().operation) == "HeapReAlloc");
  HeapFree(heap.get(), 0, p);
  HeapFree(heap.get(), 0, p);
  CHECK(misuse_recorder::last().kind == misuse_kind::freed_before);
  CHECK(misuse_recorder::last().pointer == p);
  HeapFree(heap.get(), 0, at(p, 16));
  CHECK(misuse_recorder::last().kind == misuse_kind::not_a_block);
  int local = 0;
  HeapFree(heap.get(), 0, &local);
  CHECK(misuse_recorder::last().kind == misuse_kind::not_a_block);
}
