// SPDX-License-Identifier: MIT
#include "heap/some_heap.hpp"
#include "support/catch.hpp"
#include "support/pattern.hpp"

#include <cstring>

using namespace mallocspy;
using namespace mallocspy::tests;

TEST_CASE("scenario 22: HeapReAlloc") {
  const some_heap private_one;
  const some_heap fixed(0, 0, 1 << 20);
  const some_heap unserialized(HEAP_NO_SERIALIZE);
  for (HANDLE heap : {GetProcessHeap(), private_one.get(), fixed.get(), unserialized.get()}) {
    // Null is not allocated.
    CHECK(HeapReAlloc(heap, 0, nullptr, 53) == nullptr);

    // 0 bytes are not freed.
    void* p = HeapAlloc(heap, 0, 53);
    p = HeapReAlloc(heap, 0, p, 0);
    REQUIRE(p != nullptr);
    CHECK(HeapSize(heap, 0, p) == 0);
    CHECK(HeapValidate(heap, 0, p));
    REQUIRE(HeapFree(heap, 0, p));

    // What was cut off comes back zeroed.
    auto* bytes = static_cast<unsigned char*>(HeapAlloc(heap, 0, 100));
    std::memset(bytes, 0xFF, 100);
    bytes = static_cast<unsigned char*>(HeapReAlloc(heap, 0, bytes, 10));
    REQUIRE(bytes != nullptr);
    bytes = static_cast<unsigned char*>(HeapReAlloc(heap, HEAP_ZERO_MEMORY, bytes, 100));
    REQUIRE(bytes != nullptr);
    for (int i = 0; i < 100; ++i) {
      CHECK(bytes[i] == (i < 10 ? 0xFF : 0));
    }

    // In place only.
    support::fill(bytes, 100, 1);
    CHECK(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, bytes, 27) == bytes);
    CHECK(HeapSize(heap, 0, bytes) == 27);
    void* barrier = HeapAlloc(heap, 0, 53);
    CHECK(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, bytes, 16 << 20) == nullptr);
    CHECK(HeapSize(heap, 0, bytes) == 27);
    CHECK(support::holds(bytes, 27, 1));

    // No memory.
    CHECK(HeapReAlloc(heap, 0, bytes, SIZE_MAX) == nullptr);
    CHECK(HeapReAlloc(heap, 0, bytes, SIZE_MAX - 7) == nullptr);
    CHECK(HeapValidate(heap, 0, bytes) == TRUE);
    CHECK(support::holds(bytes, 27, 1));
    REQUIRE(HeapFree(heap, 0, bytes));
    REQUIRE(HeapFree(heap, 0, barrier));
  }
}
