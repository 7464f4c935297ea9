// SPDX-License-Identifier: MIT
// Without memory for the library's own tables an allocation fails, and nothing is lost.
#include "blocks/table_memory.hpp"

#include "blocks/raw_door.hpp"
#include "blocks/spied_set.hpp"
#include "support/catch.hpp"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <unistd.h>
#include <vector>

using namespace mallocspy;
using namespace mallocspy::blocks;
using namespace mallocspy::tests;

namespace {

// More than a leaf maps: each further one starts in another GiB.
constexpr std::size_t beyond_a_leaf = (std::size_t{3} << 29) + 119;

class table_limit {
public:
  explicit table_limit(std::size_t bytes) noexcept : m_before(limit_tables(bytes)) {}
  table_limit(const table_limit&) = delete;
  table_limit& operator=(const table_limit&) = delete;
  ~table_limit() {
    limit_tables(m_before);
  }

private:
  std::size_t m_before;
};

// returns: the address space of this process, in bytes
std::size_t address_space() {
  std::FILE* statm = std::fopen("/proc/self/statm", "r");
  unsigned long pages = 0;
  if (statm != nullptr) {
    if (std::fscanf(statm, "%lu", &pages) != 1) {
      pages = 0;
    }
    std::fclose(statm);
  }
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

} // namespace

TEST_CASE("a limit counts what is handed out", "[blocks][tables]") {
  const table_limit limit(12288);
  void* first = map_table(8192);
  REQUIRE(first != nullptr);
  CHECK(static_cast<const char*>(first)[8191] == 0);
  CHECK(reinterpret_cast<std::uintptr_t>(first) % 4096 == 0);
  CHECK(map_table(8192) == nullptr);
  void* second = map_table(4096);
  CHECK(second != nullptr);
  CHECK(map_table(1) == nullptr);
  unmap_table(first, 8192);
  unmap_table(second, 4096);
  CHECK(limit_tables(0) == 0);
}

TEST_CASE("a leaf that cannot be made is an allocation that fails", "[blocks][tables]") {
  std::vector<void*> served;
  std::size_t refused = 0;
  {
    const table_limit limit(0);
    for (int i = 0; i < 8; ++i) {
      void* p = raw_door::alloc(beyond_a_leaf);
      p == nullptr ? static_cast<void>(++refused) : served.push_back(p);
    }
    CHECK(refused >= 6);
    // Each refused block went back: a hundred of them would take 150 GiB.
    const std::size_t before = address_space();
    for (int i = 0; i < 100; ++i) {
      void* p = raw_door::alloc(beyond_a_leaf);
      p == nullptr ? static_cast<void>(++refused) : served.push_back(p);
    }
    CHECK(refused >= 100);
    CHECK(address_space() < before + 8 * beyond_a_leaf);
  }
  void* p = raw_door::alloc(beyond_a_leaf);
  REQUIRE(p != nullptr);
  CHECK(raw_door::size(p) == beyond_a_leaf);
  raw_door::free(p);
  for (void* block : served) {
    CHECK(raw_door::size(block) == beyond_a_leaf);
    raw_door::free(block);
  }
}

TEST_CASE("an aligned block that needs a leaf fails likewise, zeroed or not", "[blocks][tables]") {
  std::vector<void*> served;
  std::size_t refused = 0;
  {
    const table_limit limit(0);
    for (int i = 0; i < 8; ++i) {
      void* p = raw_allocate(53, {std::size_t{1} << 31, i % 2 == 0});
      p == nullptr ? static_cast<void>(++refused) : served.push_back(p);
    }
  }
  CHECK(refused >= 4);
  for (void* block : served) {
    CHECK(raw_door::size(block) == 53);
    raw_door::free(block);
  }
}

TEST_CASE("a realloc whose new block has no leaf leaves the old one as it was", "[blocks][tables]") {
  void* p = raw_door::alloc(119);
  REQUIRE(p != nullptr);
  std::memset(p, 0x27, 119);
  std::vector<void*> served;
  std::size_t refused = 0;
  {
    const table_limit limit(0);
    for (int i = 0; i < 8 && refused == 0; ++i) {
      void* moved = raw_door::realloc(p, beyond_a_leaf);
      if (moved == nullptr) {
        ++refused;
      } else {
        served.push_back(moved);
        p = raw_door::alloc(119);
        REQUIRE(p != nullptr);
        std::memset(p, 0x27, 119);
      }
    }
    CHECK(refused == 1);
    CHECK(raw_door::size(p) == 119);
    CHECK(static_cast<const char*>(p)[0] == 0x27);
    CHECK(static_cast<const char*>(p)[118] == 0x27);
  }
  void* moved = raw_door::realloc(p, 30011);
  REQUIRE(moved != nullptr);
  CHECK(static_cast<const char*>(moved)[118] == 0x27);
  raw_door::free(moved);
  for (void* block : served) {
    raw_door::free(block);
  }
}

TEST_CASE("a place in the spied set is known to be missing before it is needed", "[blocks][tables]") {
  node_stock stock{};
  {
    const table_limit limit(0);
    const spied_set::place none(stock, false);
    CHECK_FALSE(none);
  }
  const spied_set::place outermost(stock, false);
  CHECK(outermost);
  // One chunk of nodes serves many places; all of them promised, the next one is missing again.
  std::vector<std::unique_ptr<spied_set::place>> places;
  places.push_back(std::make_unique<spied_set::place>(stock, true));
  CHECK(*places.back());
  const table_limit limit(0);
  while (*places.back()) {
    places.push_back(std::make_unique<spied_set::place>(stock, true));
    REQUIRE(places.size() < 1000000);
  }
  CHECK(places.size() > 100);
  places.pop_back();
  places.pop_back();
  const spied_set::place again(stock, true);
  CHECK(again);
}
