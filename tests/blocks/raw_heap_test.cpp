// SPDX-License-Identifier: MIT
// Exact sizes of real blocks, whatever happens to them.
#include "blocks/raw_heap.hpp"

#include "blocks/build_kind.hpp"
#include "blocks/live_blocks.hpp"
#include "blocks/misuse_recorder.hpp"
#include "blocks/raw_door.hpp"
#include "support/catch.hpp"

#include <cstring>
#include <random>
#include <vector>

using namespace mallocspy;
using namespace mallocspy::blocks;
using namespace mallocspy::tests;

namespace {

void* realloc_to(void* p, std::size_t size) {
  return raw_reallocate(p, size, "Realloc", [](std::size_t) {});
}

bool aligned(const void* p, std::size_t alignment) {
  return reinterpret_cast<std::uintptr_t>(p) % alignment == 0;
}

// returns: whether the first `count` bytes are `value`
bool all_bytes(const void* p, int value, std::size_t count) {
  const auto* bytes = static_cast<const unsigned char*>(p);
  return count == 0 || (bytes[0] == value && std::memcmp(bytes, bytes + 1, count - 1) == 0);
}

} // namespace

TEST_CASE("a block whose size is its alignment is aligned", "[blocks][raw_heap]") {
  std::vector<void*> kept;
  for (std::size_t alignment = 16; alignment <= 8192; alignment *= 2) {
    for (int i = 0; i < 50; ++i) {
      for (const std::size_t size : {alignment, alignment - 1, 2 * alignment}) {
        CAPTURE(alignment, size);
        void* p = raw_allocate(size, {alignment, i % 2 == 0});
        CHECK(aligned(p, alignment));
        kept.push_back(p);
      }
    }
  }
  for (void* p : kept) {
    raw_free(p, "Free");
  }
}

TEST_CASE("every size from 0 to 70,000 is told exactly", "[blocks][raw_heap]") {
  const misuse_recorder misuses;
  std::size_t wrong = 0;
  std::vector<void*> kept;
  for (std::size_t size = 0; size <= 70000; ++size) {
    void* p = raw_allocate(size);
    REQUIRE(p != nullptr);
    wrong += raw_size(p) == size && requested_size(p) == size && owns(p) && aligned(p, 16) ? 0U : 1U;
    // Some stay, so that the others have neighbours.
    if (size % 509 == 0) {
      kept.push_back(p);
      continue;
    }
    raw_free(p, "Free");
    wrong += owns(p) || requested_size(p) != no_size ? 1U : 0U;
  }
  for (std::size_t i = 0; i < kept.size(); ++i) {
    wrong += raw_size(kept[i]) == 509 * i ? 0U : 1U;
    raw_free(kept[i], "Free");
  }
  CHECK(wrong == 0);
  CHECK(misuse_recorder::count() == 0);
}

TEST_CASE("blocks of size 0 are blocks of their own", "[blocks][raw_heap]") {
  live_blocks<raw_door> live;
  for (int i = 0; i < 1009; ++i) {
    REQUIRE(live.make(0) != nullptr);
  }
  CHECK(live.count() == 1009);
  CHECK(live.untouched());
}

TEST_CASE("sizes around powers of two, while memory lasts", "[blocks][raw_heap]") {
  for (unsigned bit = 0; bit <= 29; ++bit) {
    for (const std::size_t size : {(std::size_t{1} << bit) - 1, std::size_t{1} << bit, (std::size_t{1} << bit) + 1}) {
      CAPTURE(size);
      void* p = raw_allocate(size);
      REQUIRE(p != nullptr);
      CHECK(raw_size(p) == size);
      raw_free(p, "Free");
      CHECK(raw_size(p) == no_size);
    }
  }
}

TEST_CASE("sizes that no memory can hold give null and leave nothing", "[blocks][raw_heap]") {
  for (const std::size_t size : {~std::size_t{0}, ~std::size_t{0} - 15, ~std::size_t{0} - 4095, ~std::size_t{0} / 2 + 1,
                                 ~std::size_t{0} / 2, ~std::size_t{0} / 4}) {
    CAPTURE(size);
    CHECK(raw_allocate(size) == nullptr);
    CHECK(raw_allocate(size, {4096, false}) == nullptr);
    CHECK(raw_allocate(size, {16, true}) == nullptr);
    void* p = raw_allocate(53);
    REQUIRE(p != nullptr);
    std::memset(p, 119, 53);
    CHECK(realloc_to(p, size) == nullptr);
    CHECK(raw_size(p) == 53);
    CHECK(all_bytes(p, 119, 53));
    raw_free(p, "Free");
  }
}

TEST_CASE("the size is exact with every alignment, zeroed or not", "[blocks][raw_heap]") {
  for (std::size_t alignment = 1; alignment <= std::size_t{1} << 30; alignment *= 2) {
    for (const std::size_t size : {0U, 1U, 27U, 119U, 495U, 496U, 4099U, 70001U}) {
      for (const bool zeroed : {false, true}) {
        CAPTURE(alignment, size, zeroed);
        void* p = raw_allocate(size, {alignment, zeroed});
        REQUIRE(p != nullptr);
        const bool right = raw_size(p) == size && owns(p) && aligned(p, alignment) && aligned(p, 16);
        if (!right || (zeroed && !all_bytes(p, 0, size))) {
          CHECK(raw_size(p) == size);
          CHECK(owns(p));
          CHECK(aligned(p, alignment));
          CHECK((!zeroed || all_bytes(p, 0, size)));
        }
        std::memset(p, 0xA7, size); // so that the next zeroed one has something to clear
        void* q = realloc_to(p, size + 53);
        REQUIRE(q != nullptr);
        if (raw_size(q) != size + 53 || !all_bytes(q, 0xA7, size)) {
          CHECK(raw_size(q) == size + 53);
          CHECK(all_bytes(q, 0xA7, size));
        }
        raw_free(q, "Free");
        CHECK_FALSE(owns(q));
      }
    }
  }
}

TEST_CASE("a realloc up, down, in place and moved keeps contents and tells the new size", "[blocks][raw_heap]") {
  const std::size_t sizes[] = {0, 1, 15, 16, 17, 27, 47, 48, 53, 119, 480, 495, 496, 497, 1084, 1085, 4097, 30011, 300007};
  int moved = 0;
  int stayed = 0;
  for (const std::size_t from : sizes) {
    for (const std::size_t to : sizes) {
      if (to == 0) {
        continue; // frees
      }
      CAPTURE(from, to);
      void* p = raw_allocate(from);
      REQUIRE(p != nullptr);
      std::memset(p, 0x5B, from);
      void* q = realloc_to(p, to);
      REQUIRE(q != nullptr);
      CHECK(raw_size(q) == to);
      CHECK(all_bytes(q, 0x5B, from < to ? from : to));
      if (q != p) {
        CHECK_FALSE(owns(p));
        CHECK(remembers_freed(p));
        ++moved;
      } else {
        ++stayed;
      }
      std::memset(q, 0x35, to);
      raw_free(q, "Free");
    }
  }
  CHECK(moved > 100);
  CHECK(stayed > 19);
}

TEST_CASE("a realloc within the room of a block stays, unless half of it would be wasted", "[blocks][raw_heap]") {
  for (const std::size_t size : {40U, 119U, 1000U, 30011U}) {
    CAPTURE(size);
    void* p = raw_allocate(size);
    REQUIRE(p != nullptr);
    const std::size_t room = backing::usable_size(p);
    CHECK(realloc_to(p, room) == p);
    CHECK(realloc_to(p, room - 1) == p);
    CHECK(realloc_to(p, room / 2) == p);
    CHECK(raw_size(p) == room / 2);
    void* small = realloc_to(p, room / 2 - 1);
    CHECK(small != p);
    CHECK(raw_size(small) == room / 2 - 1);
    raw_free(small, "Free");
  }
}

TEST_CASE("taken() is called once on success, when the old block has left the map, and never on failure",
          "[blocks][raw_heap]") {
  void* p = raw_allocate(119);
  REQUIRE(p != nullptr);
  int taken = 0;
  bool out_of_map = true;
  const auto note = [&](void* block) {
    return [&, block](std::size_t bytes) {
      ++taken;
      out_of_map = out_of_map && !owns(block) && bytes == backing::usable_size(block);
    };
  };
  void* same = raw_reallocate(p, 117, "Realloc", note(p));
  REQUIRE(same == p);
  CHECK(taken == 1);
  void* moved = raw_reallocate(p, 5003, "Realloc", note(p));
  REQUIRE(moved != nullptr);
  CHECK(taken == 2);
  CHECK(out_of_map);
  CHECK(raw_reallocate(moved, ~std::size_t{0} / 2, "Realloc", note(moved)) == nullptr);
  {
    const misuse_recorder misuses;
    CHECK(raw_reallocate(p, 53, "Realloc", note(p)) == nullptr);
    CHECK(misuse_recorder::count() == 1);
  }
  CHECK(taken == 2);
  raw_free(moved, "Free");
}

TEST_CASE("random chains of realloc", "[blocks][raw_heap]") {
  std::mt19937_64 random(20240119);
  struct block {
    void* p;
    std::size_t size;
    int value;
  };
  std::vector<block> live;
  std::size_t wrong = 0;
  for (int i = 0; i < 200; ++i) {
    live.push_back({raw_allocate(0), 0, i});
  }
  const int steps = rounds(200000);
  for (int i = 0; i < steps; ++i) {
    block& b = live[random() % live.size()];
    // Half of the steps are small ones up or down, the others go anywhere.
    const std::size_t near = b.size + random() % 37;
    const std::size_t next = random() % 2 == 0 ? (near > 18 ? near - 18 : 1) : 1 + (random() >> 48 >> (random() % 17));
    void* moved = realloc_to(b.p, next);
    REQUIRE(moved != nullptr);
    wrong += all_bytes(moved, b.value, b.size < next ? b.size : next) ? 0U : 1U;
    wrong += raw_size(moved) == next ? 0U : 1U;
    b.p = moved;
    b.size = next;
    std::memset(b.p, b.value, next);
  }
  for (const block& b : live) {
    wrong += raw_size(b.p) == b.size && all_bytes(b.p, b.value, b.size) ? 0U : 1U;
    raw_free(b.p, "Free");
  }
  CHECK(wrong == 0);
}

TEST_CASE("a block that owns its end has no neighbour there", "[blocks][raw_heap]") {
  raw_request owning;
  owning.owns_its_end = true;
  for (const std::size_t size : {std::size_t{0}, std::size_t{16}, std::size_t{32}, std::size_t{64}, std::size_t{1024}}) {
    CAPTURE(size);
    std::vector<char*> blocks;
    for (int i = 0; i < 2000; ++i) {
      blocks.push_back(static_cast<char*>(raw_allocate(size, owning)));
      REQUIRE(blocks.back() != nullptr);
      blocks.push_back(static_cast<char*>(raw_allocate(size)));
      REQUIRE(blocks.back() != nullptr);
    }
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      wrong += raw_size(blocks[i]) == size ? 0U : 1U;
      wrong += i % 2 == 0 && raw_owns(blocks[i] + (size == 0 ? 1 : size)) ? 1U : 0U;
    }
    CHECK(wrong == 0);
    for (char* p : blocks) {
      raw_free(p, "Free");
    }
  }
  volatile std::size_t too_much = ~std::size_t{0}; // unforeseen by the compiler, which would warn
  CHECK(raw_allocate(too_much, owning) == nullptr);
}

TEST_CASE("null is freed without effect and owned by nobody", "[blocks][raw_heap]") {
  const misuse_recorder misuses;
  raw_free(nullptr, "Free");
  CHECK(misuse_recorder::count() == 0);
  CHECK_FALSE(owns(nullptr));
  CHECK(requested_size(nullptr) == no_size);
}
