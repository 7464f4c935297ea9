// SPDX-License-Identifier: MIT
// The adapters for C++: over the task allocator, and over an IMalloc that is none of ours.
#include "counting_imalloc.hpp"
#include "support/catch.hpp"
#include "support/pattern.hpp"

#include <cstdint>
#include <list>
#include <mallocspy/adapters/adapters.hpp>
#include <mallocspy/mallocspy.hpp>
#include <mallocspy/spies.hpp>
#include <map>
#include <string>
#include <vector>

using namespace mallocspy;

namespace {

struct alignas(256) wide {
  char bytes[256];
};

bool is_aligned(const void* p, std::size_t alignment) {
  return reinterpret_cast<std::uintptr_t>(p) % alignment == 0;
}

} // namespace

TEST_CASE("a memory resource serves every alignment, on any IMalloc") {
  test::counting_imalloc own;
  {
    imalloc_resource resource(&own);
    CHECK(own.references == 2);
    for (std::size_t alignment = 1; alignment <= 16384; alignment *= 2) {
      for (const std::size_t size : {0U, 1U, 53U, 5003U}) {
        CAPTURE(alignment, size);
        void* block = resource.allocate(size, alignment);
        CHECK(is_aligned(block, alignment));
        CHECK(own.live == 1);
        CHECK(own.last_size == (alignment <= 16 ? size : size + alignment));
        support::fill(block, size, alignment);
        CHECK(support::holds(block, size, alignment));
        resource.deallocate(block, size, alignment);
        CHECK(own.live == 0);
      }
    }
    own.refuses = true;
    CHECK_THROWS_AS(resource.allocate(53, 8), std::bad_alloc);
    CHECK_THROWS_AS(resource.allocate(53, 64), std::bad_alloc);
    own.refuses = false;
    CHECK_THROWS_AS(resource.allocate(SIZE_MAX - 8, 64), std::bad_alloc);
  }
  CHECK(own.references == 1);
}

TEST_CASE("memory resources are equal if their allocators are the same") {
  test::counting_imalloc own;
  const imalloc_resource a;
  const imalloc_resource b;
  const imalloc_resource c(&own);
  CHECK(a == b);
  CHECK(a != c);
  CHECK(a != *std::pmr::new_delete_resource());
}

TEST_CASE("containers with a memory resource live on the task allocator") {
  statistics spy;
  const scoped_spy registration(&spy);
  {
    imalloc_resource resource;
    std::pmr::map<int, std::pmr::string> map(&resource);
    for (int i = 0; i < 100; ++i) {
      map[i] = std::pmr::string(static_cast<std::size_t>(i), 'x');
    }
    CHECK(spy.counts().live_blocks == 100 + 84); // a node each, and strings beyond 15 characters
  }
  CHECK(spy.counts().live_blocks == 0);
}

TEST_CASE("an allocator serves containers, over-aligned values too") {
  test::counting_imalloc own;
  {
    const imalloc_allocator<int> from(&own);
    std::vector<int, imalloc_allocator<int>> numbers(from);
    for (int i = 0; i < 1000; ++i) {
      numbers.push_back(i);
    }
    std::list<std::string, imalloc_allocator<std::string>> names({"a", "b"}, imalloc_allocator<std::string>(from));
    std::vector<wide, imalloc_allocator<wide>> wides(3, imalloc_allocator<wide>(from));
    CHECK(own.live == 4);
    for (const wide& w : wides) {
      CHECK(is_aligned(&w, 256));
    }
    auto moved = std::move(numbers);
    auto copied = moved;
    copied.push_back(7);
    CHECK(own.live == 5);
    CHECK(copied.get_allocator() == moved.get_allocator());
    CHECK(copied.get_allocator() != imalloc_allocator<int>());
    CHECK_THROWS_AS(imalloc_allocator<int>(&own).allocate(SIZE_MAX / 2), std::bad_alloc);
    own.refuses = true;
    CHECK_THROWS_AS(moved.resize(5003), std::bad_alloc);
    own.refuses = false;
  }
  CHECK(own.live == 0);
  CHECK(own.references == 1);
}

TEST_CASE("a container on the task allocator survives each failed allocation") {
  fault_injector spy;
  const scoped_spy registration(&spy);
  for (std::uint64_t k = 1;; ++k) {
    spy.arm(fault_plan::nth(k));
    bool failed = false;
    try {
      std::map<int, int, std::less<>, imalloc_allocator<std::pair<const int, int>>> map;
      for (int i = 0; i < 10; ++i) {
        map[i] = i;
      }
    } catch (const std::bad_alloc&) {
      failed = true;
    }
    REQUIRE(failed == spy.outcome().fired());
    if (!failed) {
      CHECK(k == 11);
      break;
    }
  }
}

TEST_CASE("deleters give blocks back") {
  statistics spy;
  const scoped_spy registration(&spy);
  test::counting_imalloc own;
  {
    const unique_task_mem<char> text(static_cast<char*>(CoTaskMemAlloc(53)));
    const unique_task_mem<const void> constant(CoTaskMemAlloc(61));
    const std::unique_ptr<int, imalloc_deleter> number(static_cast<int*>(CoTaskMemAlloc(sizeof(int))));
    const std::unique_ptr<int, imalloc_deleter> others(static_cast<int*>(own.Alloc(sizeof(int))), imalloc_deleter(&own));
    const unique_task_mem<char> nothing;
    CHECK(spy.counts().live_blocks == 3);
    CHECK(own.live == 1);
  }
  CHECK(spy.counts().live_blocks == 0);
  CHECK(own.live == 0);
  CHECK(own.references == 1);
}
