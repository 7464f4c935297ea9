// SPDX-License-Identifier: MIT
// With AddressSanitizer: a byte too far and a use after free are seen in private heaps, and no block is poisoned.
#include "blocks/build_kind.hpp"
#include "heap/some_heap.hpp"

#include <cstring>

#if MALLOCSPY_TESTS_UNDER_ASAN

#include <sanitizer/asan_interface.h>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

bool poisoned(const void* p) {
  return __asan_address_is_poisoned(p) != 0;
}

bool clean(void* p, SIZE_T size) {
  return size == 0 || __asan_region_is_poisoned(p, size) == nullptr;
}

} // namespace

TEST_CASE("blocks may be touched, and the byte behind them not", "[heap][sanitizer]") {
  for (const SIZE_T maximum : {SIZE_T{0}, SIZE_T{2} << 20}) {
    const some_heap heap(0, 0, maximum);
    for (const SIZE_T size :
         {SIZE_T{0}, SIZE_T{1}, SIZE_T{53}, SIZE_T{64}, SIZE_T{495}, SIZE_T{5003}, SIZE_T{70001}, SIZE_T{900001}}) {
      void* p = HeapAlloc(heap.get(), 0, size);
      INFO("size " << size);
      REQUIRE(p != nullptr);
      CHECK(clean(p, size));
      CHECK((poisoned(at(p, static_cast<std::ptrdiff_t>(size))) || size % 16 == 0));
      p = HeapReAlloc(heap.get(), 0, p, size / 2);
      CHECK(clean(p, size / 2));
      CHECK((size < 2 || poisoned(at(p, static_cast<std::ptrdiff_t>(size / 2))) || size / 2 % 16 == 0));
      p = HeapReAlloc(heap.get(), HEAP_ZERO_MEMORY, p, size + 100);
      REQUIRE(p != nullptr);
      CHECK(clean(p, size + 100));
      REQUIRE(HeapFree(heap.get(), 0, p));
      if (size < 500000) {
        CHECK(poisoned(p)); // a region of its own is gone altogether
      }
    }
  }
}

TEST_CASE("memory of a destroyed heap is clean for whoever maps it next", "[heap][sanitizer]") {
  HANDLE heap = HeapCreate(0, 0, 0);
  void* p = HeapAlloc(heap, 0, 53);
  void* large = HeapAlloc(heap, 0, 700001);
  CHECK(poisoned(at(p, 53)));
  CHECK(poisoned(at(large, 700001)));
  HeapDestroy(heap);
  CHECK(clean(p, 4096));
  CHECK(clean(large, 700416));
}

#endif
