// SPDX-License-Identifier: MIT
// Every pointer value has its documented answer, and a misuse changes nothing: the raw operations.
#include "blocks/wild_pointers.hpp"

#include "blocks/raw_door.hpp"
#include "support/catch.hpp"

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

struct scene {
  live_blocks<raw_door> live;
  pointer_prober<raw_door> prober{live};

  scene() {
    std::mt19937_64 random(53);
    for (int i = 0; i < 3000; ++i) {
      live.make(random() % 1000 < 970 ? random() % 257 : random() % 30011);
    }
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{300007}}) {
      live.make(size);
    }
    // Some holes.
    std::vector<void*> holes;
    for (const auto& [start, size] : live.sizes()) {
      if (start / 16 % 3 == 0) {
        holes.push_back(reinterpret_cast<void*>(start));
      }
    }
    for (void* p : holes) {
      live.drop(p);
    }
  }

  void check() {
    CHECK(prober.first_wrong() == "");
    CHECK(live.untouched());
    CHECK(live.count() > 1000);
  }
};

} // namespace

TEST_CASE("every byte offset of live and freed blocks of every size class", "[blocks][misuse]") {
  scene s;
  probe_live_and_freed_blocks(s.live, s.prober);
  s.check();
  CHECK(s.prober.probed() > 100000);
}

TEST_CASE("borders of the map's leaves", "[blocks][misuse]") {
  scene s;
  // A block that starts at a border. (One that lies across several is in giant_blocks_test.cpp.)
  void* at_border = blocks::raw_allocate(119, {std::size_t{1} << 30, false});
  REQUIRE(at_border != nullptr);
  s.live.adopt(at_border, 119);
  probe_borders_of_leaves(s.prober);
  s.check();
}

TEST_CASE("both ends of the address range and values that are no address", "[blocks][misuse]") {
  scene s;
  probe_ends_and_non_canonical(s.live, s.prober);
  s.check();
}

TEST_CASE("memory of others, readable or not", "[blocks][misuse]") {
  scene s;
  probe_foreign_memory(s.prober);
  s.check();
}

TEST_CASE("a million random pointers into mapped regions", "[blocks][misuse]") {
  scene s;
  probe_random_pointers(s.prober, 1000000);
  s.check();
}
