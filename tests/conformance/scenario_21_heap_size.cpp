// SPDX-License-Identifier: MIT
#include "heap/some_heap.hpp"
#include "support/catch.hpp"

using namespace mallocspy;
using namespace mallocspy::tests;

TEST_CASE("scenario 21: HeapSize is exactly what was requested") {
  const DWORD flags = GENERATE(DWORD{0}, HEAP_NO_SERIALIZE);
  const some_heap private_one;
  const some_heap unserialized(HEAP_NO_SERIALIZE);
  for (HANDLE heap : {GetProcessHeap(), private_one.get(), unserialized.get()}) {
    for (const SIZE_T size : {SIZE_T{0}, SIZE_T{1}, SIZE_T{27}, SIZE_T{4096}, SIZE_T{1} << 20}) {
      void* p = HeapAlloc(heap, flags, size);
      REQUIRE(p != nullptr);
      CHECK(error_of([&] { CHECK(HeapSize(heap, flags, p) == size); }) == untouched);
      p = HeapReAlloc(heap, flags, p, 2 * size + 5); // up
      REQUIRE(p != nullptr);
      CHECK(HeapSize(heap, flags, p) == 2 * size + 5);
      p = HeapReAlloc(heap, flags, p, size / 2 + 1); // down
      REQUIRE(p != nullptr);
      CHECK(HeapSize(heap, flags, p) == size / 2 + 1);
      CHECK(HeapFree(heap, flags, p));
    }
  }
}

TEST_CASE("scenario 21: HeapSize of what is no block is -1 and leaves the last error alone") {
  const DWORD flags = GENERATE(DWORD{0}, HEAP_NO_SERIALIZE);
  const some_heap first;
  const some_heap second;
  HANDLE destroyed = HeapCreate(0, 0, 0);
  void* of_destroyed = HeapAlloc(destroyed, 0, 53);
  REQUIRE(HeapDestroy(destroyed));
  const auto is_unknown = [&](HANDLE heap, const void* p) {
    SIZE_T size = 0;
    const DWORD error = error_of([&] { size = HeapSize(heap, flags, p); });
    return size == no_size && error == untouched;
  };
  int local = 0;
  for (HANDLE heap : {GetProcessHeap(), first.get()}) {
    void* p = HeapAlloc(heap, flags, 119);
    void* freed = HeapAlloc(heap, flags, 119);
    void* elsewhere = HeapAlloc(second.get(), flags, 119);
    REQUIRE(HeapFree(heap, flags, freed));
    CHECK(is_unknown(heap, &local));
    CHECK(is_unknown(heap, reinterpret_cast<void*>(std::uintptr_t{1})));
    CHECK(is_unknown(heap, at(p, 1)));
    CHECK(is_unknown(heap, at(p, 16)));
    CHECK(is_unknown(heap, freed));
    CHECK(is_unknown(heap, elsewhere));
    CHECK(is_unknown(second.get(), p));
    CHECK(is_unknown(heap, nullptr));
    CHECK(is_unknown(heap, of_destroyed));
    CHECK(HeapSize(heap, flags, p) == 119);
    REQUIRE(HeapFree(heap, flags, p));
  }
  CHECK(is_unknown(destroyed, of_destroyed));
  CHECK(is_unknown(destroyed, nullptr));
  CHECK(is_unknown(nullptr, &local));
}
