// SPDX-License-Identifier: MIT
#include "heap/some_heap.hpp"
#include "support/catch.hpp"
#include "support/on_another_thread.hpp"
#include "support/pattern.hpp"

using namespace mallocspy;
using namespace mallocspy::tests;

TEST_CASE("scenario 23: fixed heap") {
  constexpr SIZE_T pointer = sizeof(void*);
  constexpr SIZE_T n = 0x8000 * pointer;
  const some_heap heap(0, n, n); // initial and maximum may be equal
  const SIZE_T fits = n - (0x400 + 0x100 * pointer);
  void* p = HeapAlloc(heap.get(), 0, fits);
  REQUIRE(p != nullptr);
  CHECK(HeapSize(heap.get(), 0, p) == fits);
  support::fill(p, fits, 1);
  CHECK(support::holds(p, fits, 1));
  REQUIRE(HeapFree(heap.get(), 0, p));
  CHECK(HeapAlloc(heap.get(), 0, n - (0x200 + 0x80 * pointer)) == nullptr);
  const some_heap from_nothing(0, 0, n);
  CHECK(HeapAlloc(from_nothing.get(), 0, fits) != nullptr);
}

TEST_CASE("scenario 23: the largest block of a fixed heap and of a growable one") {
  const some_heap fixed(0, 0, 8 << 20);
  CHECK(HeapAlloc(fixed.get(), 0, sizeof(void*) == 8 ? 0x100000 : 0x80000) == nullptr);
  CHECK(HeapAlloc(fixed.get(), 0, 0x7E000) != nullptr);
  const some_heap growable;
  for (const SIZE_T size : {SIZE_T{0x100000}, SIZE_T{16} << 20}) {
    void* p = HeapAlloc(growable.get(), 0, size);
    REQUIRE(p != nullptr);
    CHECK(HeapSize(growable.get(), 0, p) == size);
  }
}

TEST_CASE("scenario 23: a failed HeapReAlloc of a fixed heap keeps the block") {
  const some_heap heap(0, 0, 0x40000);
  void* p = HeapAlloc(heap.get(), 0, 1190);
  support::fill(p, 1190, 1);
  CHECK(HeapReAlloc(heap.get(), 0, p, 0x40000) == nullptr);
  CHECK(HeapSize(heap.get(), 0, p) == 1190);
  CHECK(support::holds(p, 1190, 1));
  CHECK(HeapValidate(heap.get(), 0, nullptr));
}

TEST_CASE("scenario 23: a fixed heap that throws leaves its lock free") {
  const some_heap heap(HEAP_GENERATE_EXCEPTIONS, 0, 0x40000);
  DWORD code = 0;
  try {
    HeapAlloc(heap.get(), 0, 0x40000);
  } catch (const heap_exception& thrown) {
    code = thrown.code();
  }
  CHECK(code == STATUS_NO_MEMORY);
  const support::on_another_thread other([&] { HeapFree(heap.get(), 0, HeapAlloc(heap.get(), 0, 53)); });
  CHECK(other.done());
}
