// SPDX-License-Identifier: MIT
// A system that has no more memory: nothing is lost, and everything goes on when it has some again.
#include "blocks/table_memory.hpp"
#include "heap/some_heap.hpp"
#include "support/pattern.hpp"

#include <vector>

using namespace mallocspy;
using namespace mallocspy::tests;
using blocks::limit_tables;

namespace {

class without_memory {
public:
  explicit without_memory(std::size_t but = 0) {
    limit_tables(but);
  }
  without_memory(const without_memory&) = delete;
  without_memory& operator=(const without_memory&) = delete;
  ~without_memory() {
    limit_tables(static_cast<std::size_t>(-1));
  }
};

} // namespace

TEST_CASE("HeapCreate fails at whatever it cannot get", "[heap][memory]") {
  const DWORD n = GetProcessHeaps(0, nullptr);
  for (const SIZE_T maximum : {SIZE_T{0}, SIZE_T{65536}}) {
    for (std::size_t but = 0; but < 100000; but += 4096) {
      HANDLE heap = nullptr;
      const DWORD error = error_of([&] {
        const without_memory none(but);
        heap = HeapCreate(0, 0, maximum);
      });
      CHECK((heap == nullptr) == (error == ERROR_NOT_ENOUGH_MEMORY));
      if (heap != nullptr) {
        CHECK(HeapDestroy(heap));
      }
      REQUIRE(GetProcessHeaps(0, nullptr) == n);
    }
  }
}

TEST_CASE("a growable heap that cannot grow fails requests, keeps blocks, and goes on later", "[heap][memory]") {
  const some_heap heap;
  void* p = HeapAlloc(heap.get(), 0, 53);
  support::fill(p, 53, 1);
  std::vector<void*> blocks;
  {
    const without_memory none;
    CHECK(HeapAlloc(heap.get(), 0, 700001) == nullptr);
    CHECK(HeapReAlloc(heap.get(), 0, p, 700001 * 8) == nullptr);
    while (void* q = HeapAlloc(heap.get(), 0, 20011)) {
      blocks.push_back(q);
    }
    CHECK(blocks.size() > 100);
    CHECK(HeapValidate(heap.get(), 0, nullptr));
    CHECK(support::holds(p, 53, 1));
    HeapFree(heap.get(), 0, blocks.back());
    blocks.pop_back();
    blocks.push_back(HeapAlloc(heap.get(), 0, 20011));
    CHECK(blocks.back() != nullptr);
    bool thrown = false;
    try {
      HeapAlloc(heap.get(), HEAP_GENERATE_EXCEPTIONS, 700001);
    } catch (const heap_exception& e) {
      thrown = e.code() == STATUS_NO_MEMORY;
    }
    CHECK(thrown);
  }
  CHECK(HeapAlloc(heap.get(), 0, 700001) != nullptr);
  CHECK(HeapAlloc(heap.get(), 0, 20011) != nullptr);
  CHECK(HeapValidate(heap.get(), 0, nullptr));
}

TEST_CASE("the table of large blocks cannot grow", "[heap][memory]") {
  const some_heap heap;
  std::vector<void*> blocks;
  while (blocks.size() < 200) {
    // One block's worth of memory, which leaves nothing for the table.
    const without_memory none(700416);
    void* p = HeapAlloc(heap.get(), 0, 700001);
    if (p == nullptr) {
      break;
    }
    blocks.push_back(p);
  }
  CHECK(blocks.size() < 10);
  for (int i = 0; i < 50; ++i) {
    blocks.push_back(HeapAlloc(heap.get(), 0, 700001));
    REQUIRE(blocks.back() != nullptr);
  }
  for (void* p : blocks) {
    CHECK(HeapSize(heap.get(), 0, p) == 700001);
    CHECK(HeapFree(heap.get(), 0, p));
  }
}
