// SPDX-License-Identifier: MIT
// The map by itself, over a part of the address space where nobody allocates.
#include "blocks/block_map.hpp"

#include "support/catch.hpp"

#include <sys/mman.h>
#include <thread>
#include <vector>

using namespace mallocspy::blocks;

namespace {

constexpr std::uintptr_t gib = std::uintptr_t{1} << 30;

// Addresses that belong to this test alone: a reservation that nobody can touch, aligned to a leaf.
class playground {
public:
  explicit playground(std::size_t gibs) : m_bytes((gibs + 1) * gib) {
    m_memory = ::mmap(nullptr, m_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    REQUIRE(m_memory != MAP_FAILED);
    m_begin = (reinterpret_cast<std::uintptr_t>(m_memory) + gib - 1) / gib * gib;
  }
  playground(const playground&) = delete;
  playground& operator=(const playground&) = delete;
  ~playground() {
    for (map_byte* byte : m_published) {
      claim(byte, byte->load());
    }
    ::munmap(m_memory, m_bytes);
  }
  std::uintptr_t at(std::uintptr_t offset) const {
    return m_begin + offset;
  }
  map_byte* publish_at(std::uintptr_t offset, std::size_t size) {
    map_byte* byte = make_byte(pointer(offset));
    REQUIRE(byte != nullptr);
    publish(byte, size, marks::none);
    m_published.push_back(byte);
    return byte;
  }
  const void* pointer(std::uintptr_t offset) const {
    return reinterpret_cast<const void*>(at(offset));
  }

private:
  std::size_t m_bytes;
  void* m_memory = nullptr;
  std::uintptr_t m_begin = 0;
  std::vector<map_byte*> m_published;
};

bool around(const found_block& found, std::uintptr_t start, std::size_t size) {
  return found.start == start && found.size == size;
}

} // namespace

TEST_CASE("a leaf is made for one GiB and holds a byte for each granule", "[blocks][block_map]") {
  const playground here(2);
  CHECK(find_granule(here.at(0)) == nullptr);
  map_byte* first = make_byte(here.pointer(0));
  REQUIRE(first != nullptr);
  CHECK(find_granule(here.at(0)) == first);
  CHECK(find_granule(here.at(15)) == first);
  CHECK(find_granule(here.at(16)) == first + 1);
  CHECK(find_granule(here.at(gib - 1)) == first + (leaf_granules - 1));
  CHECK(find_granule(here.at(gib)) == nullptr);
  CHECK(find_byte(here.pointer(gib - 16)) == first + (leaf_granules - 1));
  CHECK(make_byte(here.pointer(gib - 16)) == first + (leaf_granules - 1));
  first[leaf_granules - 1].store(freed_bit);
  CHECK(first[leaf_granules - 1].exchange(0) == freed_bit);
  for (const std::uintptr_t odd : {1U, 4U, 8U, 15U}) {
    CHECK(find_byte(here.pointer(odd)) == nullptr);
  }
}

TEST_CASE("addresses beyond the table have no byte", "[blocks][block_map]") {
  for (unsigned bit = address_bits; bit < 64; ++bit) {
    const std::uintptr_t address = (std::uintptr_t{1} << bit) + 53 * granule_size;
    CHECK(find_byte(reinterpret_cast<const void*>(address)) == nullptr);
    CHECK(find_granule(address) == nullptr);
    CHECK(make_byte(reinterpret_cast<const void*>(address)) == nullptr);
    CHECK(find_around(address).start == 0);
    CHECK_FALSE(remembers_freed(reinterpret_cast<const void*>(address)));
  }
  constexpr std::uintptr_t last = (std::uintptr_t{1} << address_bits) - granule_size;
  CHECK(find_byte(reinterpret_cast<const void*>(last)) == nullptr);
  map_byte* made = make_byte(reinterpret_cast<const void*>(last));
  REQUIRE(made != nullptr);
  CHECK(find_byte(reinterpret_cast<const void*>(last)) == made);
}

TEST_CASE("a claim succeeds once, and the freed start is remembered until the granule is used", "[blocks][block_map]") {
  playground here(1);
  map_byte* byte = here.publish_at(53 * 16, 119);
  CHECK_FALSE(remembers_freed(here.pointer(53 * 16)));
  const std::uint8_t value = byte->load();
  CHECK(read_size(byte, value) == 119);
  CHECK(claim(byte, value));
  CHECK_FALSE(claim(byte, byte->load()));
  CHECK(remembers_freed(here.pointer(53 * 16)));
  CHECK_FALSE(remembers_freed(here.pointer(53 * 16 + 1)));
  CHECK_FALSE(remembers_freed(here.pointer(54 * 16)));
  CHECK_FALSE(remembers_freed(here.pointer(gib)));
  // A block whose size is written over this granule makes the map forget.
  map_byte* over = here.publish_at(52 * 16, 119);
  CHECK_FALSE(remembers_freed(here.pointer(53 * 16)));
  CHECK(claim(over, over->load()));
}

TEST_CASE("a claim keeps the mark of a client pointer", "[blocks][block_map]") {
  playground here(1);
  map_byte* byte = here.publish_at(0, 27);
  byte->fetch_or(mark_bit);
  CHECK(claim(byte, byte->load()));
  CHECK((byte->load() & (start_bit | mark_bit)) == mark_bit);
  publish(byte, 27, marks::keep);
  CHECK((byte->load() & mark_bit) != 0);
  CHECK(read_size(byte, byte->load()) == 27);
  publish(byte, 27, marks::none);
  CHECK((byte->load() & mark_bit) == 0);
}

TEST_CASE("what has changed since it was read is not claimed", "[blocks][block_map]") {
  playground here(1);
  map_byte* byte = here.publish_at(0, 27);
  const std::uint8_t old = byte->load();
  std::thread other([&] { publish(byte, 30, marks::none); });
  CHECK(other.joinable());
  other.join();
  CHECK_FALSE(claim(byte, old));
  CHECK(read_size(byte, byte->load()) == 30);
}

TEST_CASE("of many threads that claim one block exactly one succeeds", "[blocks][block_map]") {
  playground here(1);
  for (std::uintptr_t round = 0; round < 200; ++round) {
    map_byte* byte = here.publish_at(round * 16, 5);
    std::atomic<int> winners{0};
    std::atomic<int> ready{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        const std::uint8_t value = byte->load();
        ++ready;
        while (ready.load() < 4) {
          std::this_thread::yield();
        }
        winners += claim(byte, value) ? 1 : 0;
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    REQUIRE(winners == 1);
  }
}

TEST_CASE("the block around an address is found in its own leaf", "[blocks][block_map]") {
  playground here(1);
  constexpr std::uintptr_t at = 27 * 4096;
  here.publish_at(at, 53);
  here.publish_at(at + 64, 0);
  here.publish_at(at + 80, 30011);
  CHECK(around(find_around(here.at(at)), here.at(at), 53));
  CHECK(around(find_around(here.at(at + 1)), here.at(at), 53));
  CHECK(around(find_around(here.at(at + 52)), here.at(at), 53));
  CHECK(find_around(here.at(at + 53)).start == 0);
  CHECK(find_around(here.at(at + 63)).start == 0);
  CHECK(find_around(here.at(at - 1)).start == 0);
  CHECK(around(find_around(here.at(at + 64)), here.at(at + 64), 0));
  CHECK(find_around(here.at(at + 65)).start == 0);
  for (const std::uintptr_t offset : {0U, 1U, 15U, 16U, 17U, 127U, 128U, 129U, 255U, 4097U, 30010U}) {
    CAPTURE(offset);
    CHECK(around(find_around(here.at(at + 80 + offset)), here.at(at + 80), 30011));
  }
  CHECK(find_around(here.at(at + 80 + 30011)).start == 0);
}

TEST_CASE("every distance from a start is searched, whatever word it falls into", "[blocks][block_map]") {
  playground here(1);
  for (std::uintptr_t phase = 0; phase < 8; ++phase) {
    const std::uintptr_t at = (phase + 1) * 65536 + phase * 16;
    here.publish_at(at, 10007);
    std::uintptr_t wrong = 0;
    for (std::uintptr_t offset = 0; offset < 10007; ++offset) {
      wrong += around(find_around(here.at(at + offset)), here.at(at), 10007) ? 0U : 1U;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("the block around an address is found across leaves, with and without a leaf between", "[blocks][block_map]") {
  playground here(7);
  const std::uintptr_t start = gib - 65536;
  const std::size_t size = 5 * gib + 119;
  here.publish_at(start, size);
  CHECK(find_granule(here.at(gib)) == nullptr);
  const auto check_all = [&] {
    for (const std::uintptr_t offset : {std::uintptr_t{1}, std::uintptr_t{65535}, std::uintptr_t{65536}, gib, gib + 53,
                                        3 * gib - 1, 4 * gib + 65536, 5 * gib + 118}) {
      CAPTURE(offset);
      CHECK(around(find_around(here.at(start + offset)), here.at(start), size));
    }
    CHECK(find_around(here.at(start + size)).start == 0);
    CHECK(find_around(here.at(start - 1)).start == 0);
  };
  check_all();
  REQUIRE(make_byte(here.pointer(2 * gib)) != nullptr);
  REQUIRE(make_byte(here.pointer(5 * gib)) != nullptr);
  check_all();
  // Two leaves behind it there is another block, and nothing between them.
  here.publish_at(6 * gib + 16, 27);
  CHECK(around(find_around(here.at(6 * gib + 16 + 26)), here.at(6 * gib + 16), 27));
  CHECK(find_around(here.at(6 * gib + 15)).start == 0);
}

TEST_CASE("threads that make the same leaf at once get the same one", "[blocks][block_map]") {
  const playground here(16);
  for (std::uintptr_t leaf = 0; leaf < 16; ++leaf) {
    std::atomic<int> ready{0};
    map_byte* made[4] = {};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        ++ready;
        while (ready.load() < 4) {
          std::this_thread::yield();
        }
        made[t] = make_byte(here.pointer(leaf * gib + 53 * 16));
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    CHECK(made[0] != nullptr);
    for (map_byte* other : made) {
      CHECK(other == made[0]);
    }
    CHECK(find_byte(here.pointer(leaf * gib + 53 * 16)) == made[0]);
  }
}
