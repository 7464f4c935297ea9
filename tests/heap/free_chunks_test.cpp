// SPDX-License-Identifier: MIT
#include "heap/free_chunks.hpp"
#include "support/catch.hpp"

#include <map>
#include <random>
#include <vector>

using namespace mallocspy::heap;

namespace {

class some_segment {
public:
  explicit some_segment(std::size_t bytes) : m_segment(map_segment_for(bytes)) {
    REQUIRE(m_segment != nullptr);
  }
  some_segment(const some_segment&) = delete;
  some_segment& operator=(const some_segment&) = delete;
  ~some_segment() {
    unmap_segment(m_segment);
  }
  segment& operator*() const noexcept {
    return *m_segment;
  }
  segment* operator->() const noexcept {
    return m_segment;
  }

private:
  segment* m_segment;
};

} // namespace

TEST_CASE("lists are in the order of sizes, and have an end", "[heap][chunks]") {
  std::size_t last = 0;
  for (std::size_t granules = 1; granules < 100000; ++granules) {
    const std::size_t list = free_chunks::list_of(granules);
    if (list < last || list > last + 1) {
      FAIL("at " << granules);
    }
    last = list;
  }
  for (std::size_t granules = 1; granules < 32; ++granules) {
    CHECK(free_chunks::list_of(granules) == granules);
  }
  CHECK(free_chunks::list_of((std::size_t{1} << 44) - 1) < free_chunks::list_count);
}

TEST_CASE("a chunk that is large enough is found, in its own list too", "[heap][chunks]") {
  const some_segment s(1 << 20);
  free_chunks free;
  CHECK(free.find(1).address == 0);
  CHECK(free.largest().address == 0);
  const std::size_t all = s->granules();
  free.put(*s, {s->begin, all});
  for (const std::size_t granules : {std::size_t{1}, std::size_t{31}, std::size_t{32}, std::size_t{1000}, all - 1, all}) {
    CHECK(free.find(granules).address == s->begin);
    CHECK(free.find(granules).granules == all);
  }
  CHECK(free.find(all + 1).address == 0);
  CHECK(free.find(std::size_t{1} << 43).address == 0);
  CHECK(free.find((std::size_t{1} << 44) - 1).address == 0);
  free.take(*s, {s->begin, all});
  CHECK(free.find(1).address == 0);
}

TEST_CASE("among chunks of a mixed list the one that fits is found", "[heap][chunks]") {
  const some_segment s(1 << 20);
  free_chunks free;
  // 64 to 67 granules share a list.
  REQUIRE(free_chunks::list_of(64) == free_chunks::list_of(67));
  std::uintptr_t at = s->begin;
  for (const std::size_t granules : {64U, 67U, 65U, 66U}) {
    free.put(*s, {at, granules});
    at += (granules + 1) * granule_size; // none beside another
  }
  for (std::size_t granules = 64; granules <= 67; ++granules) {
    const chunk found = free.find(granules);
    CHECK(found.granules >= granules);
  }
  CHECK(free.find(68).address == 0);
  CHECK(free.largest().granules == 67);
}

TEST_CASE("neighbours are put together on both sides, single granules too", "[heap][chunks]") {
  const some_segment s(1 << 16);
  free_chunks free;
  for (const std::size_t left : {0U, 1U, 2U, 40U}) {
    for (const std::size_t right : {0U, 1U, 2U, 40U}) {
      const std::uintptr_t middle = s->begin + 100 * granule_size;
      if (left != 0) {
        free.put(*s, {middle - left * granule_size, left});
      }
      if (right != 0) {
        free.put(*s, {middle + 5 * granule_size, right});
      }
      const chunk merged = free.merge(*s, {middle, 5});
      CHECK(merged.address == middle - left * granule_size);
      CHECK(merged.granules == left + 5 + right);
      CHECK(free.find(1).address == 0); // the neighbours are out
      for (std::uintptr_t address = s->begin; address < s->end; address += granule_size) {
        REQUIRE(s->byte_of(address)->load() == 0); // and left no marks
      }
    }
  }
}

TEST_CASE("at the ends of a segment nothing is put together", "[heap][chunks]") {
  const some_segment s(4096);
  free_chunks free;
  const chunk all{s->begin, s->granules()};
  const chunk merged = free.merge(*s, all);
  CHECK(merged.address == all.address);
  CHECK(merged.granules == all.granules);
}

TEST_CASE("random chunks agree with a model", "[heap][chunks]") {
  const some_segment s(1 << 18);
  free_chunks free;
  std::map<std::uintptr_t, std::size_t> taken;
  free.put(*s, {s->begin, s->granules()});
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) {
    if (random() % 2 == 0) {
      const std::size_t granules = 1 + random() % (random() % 10 == 0 ? 2000 : 40);
      const chunk found = free.find(granules);
      if (found.address != 0) {
        REQUIRE(found.granules >= granules);
        free.take(*s, found);
        if (found.granules > granules) {
          free.put(*s, {found.address + granules * granule_size, found.granules - granules});
        }
        const auto after = taken.lower_bound(found.address);
        REQUIRE((after == taken.end() || found.address + granules * granule_size <= after->first));
        taken[found.address] = granules;
      }
    } else if (!taken.empty()) {
      const auto chosen = std::next(taken.begin(), static_cast<std::ptrdiff_t>(random() % taken.size()));
      free.put(*s, free.merge(*s, {chosen->first, chosen->second}));
      taken.erase(chosen);
    }
  }
  while (!taken.empty()) {
    free.put(*s, free.merge(*s, {taken.begin()->first, taken.begin()->second}));
    taken.erase(taken.begin());
  }
  CHECK(free.largest().address == s->begin);
  CHECK(free.largest().granules == s->granules());
}
