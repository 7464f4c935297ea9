// SPDX-License-Identifier: MIT
// Blocks of gigabytes and terabytes, of which a few pages are touched. They need a system that hands out address space
// without memory behind it; where it does not, the sizes that it refuses are left out.
#include "blocks/build_kind.hpp"
#include "blocks/pointer_prober.hpp"
#include "blocks/raw_door.hpp"
#include "support/catch.hpp"

#include <vector>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

constexpr std::size_t gib = std::size_t{1} << 30;

} // namespace

TEST_CASE("blocks of gigabytes tell their size, before and after a realloc", "[blocks][giant]") {
  for (const std::size_t size : {gib + 119, 3 * gib - 1, 5 * gib, 5 * gib + 53}) {
    CAPTURE(size);
    live_blocks<raw_door> live;
    void* p = live.make(size);
    REQUIRE(p != nullptr);
    CHECK(raw_door::size(p) == size);
    CHECK(live.untouched());
    live.drop(p);
    CHECK_FALSE(owns(p));

    // The same size again, shrunk so far that it moves and grown in its room.
    void* q = raw_door::alloc(size);
    REQUIRE(q != nullptr);
    static_cast<char*>(q)[0] = 27;
    static_cast<char*>(q)[size - 1] = 53;
    void* less = raw_door::realloc(q, size - 4099);
    REQUIRE(less == q);
    CHECK(raw_door::size(q) == size - 4099);
    void* little = raw_door::realloc(q, 30011);
    REQUIRE(little != nullptr);
    CHECK(little != q);
    CHECK(raw_door::size(little) == 30011);
    CHECK(*static_cast<char*>(little) == 27);
    CHECK_FALSE(owns(q));
    raw_door::free(little);
  }
}

TEST_CASE("pointers into and around a block that crosses several leaves", "[blocks][giant][misuse]") {
  live_blocks<raw_door> live;
  const std::size_t size = 3 * gib + 119;
  void* p = live.make(size);
  REQUIRE(p != nullptr);
  void* small = live.make(53);
  REQUIRE(small != nullptr);
  pointer_prober<raw_door> prober(live);
  const auto start = reinterpret_cast<std::uintptr_t>(p);
  std::vector<std::uintptr_t> middles = {start, start + size};
  for (std::uintptr_t border = (start / gib + 1) * gib; border < start + size; border += gib) {
    middles.push_back(border);
  }
  CHECK(middles.size() >= 5);
  for (const std::uintptr_t middle : middles) {
    // A report searches gigabytes of map here, so a sanitized build takes fewer.
    for (std::uintptr_t distance = 0; distance <= 17; distance += sanitized ? 8 : 1) {
      prober.probe(middle - distance);
      prober.probe(middle + distance);
    }
  }
  prober.probe(start + size / 2);
  CHECK(prober.first_wrong() == "");
  CHECK(live.untouched());
  live.drop(p);
  prober.probe_freed(start);
  prober.probe(start + 16);
  CHECK(prober.first_wrong() == "");
  CHECK(live.untouched());
}

TEST_CASE("sizes up to the end of the address space, and beyond", "[blocks][giant]") {
  std::size_t served = 0;
  // AddressSanitizer pays for a block, touched or not, with an eighth of its size.
  const unsigned last_bit = MALLOCSPY_TESTS_UNDER_ASAN != 0 ? 32 : 47;
  for (unsigned bit = 30; bit <= last_bit; ++bit) {
    for (const std::size_t size : {(std::size_t{1} << bit) - 1, (std::size_t{1} << bit) + 27}) {
      CAPTURE(size);
      void* p = raw_door::alloc(size);
      if (p == nullptr) {
        continue;
      }
      ++served;
      static_cast<char*>(p)[size - 1] = 1;
      CHECK(raw_door::size(p) == size);
      CHECK(owns(p));
      raw_door::free(p);
      CHECK_FALSE(owns(p));
    }
  }
  CHECK(served >= 2);
}
