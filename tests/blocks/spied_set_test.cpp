// SPDX-License-Identifier: MIT
#include "blocks/spied_set.hpp"

#include "blocks/misuse_recorder.hpp"
#include "blocks/raw_heap.hpp"
#include "blocks/table_memory.hpp"
#include "support/catch.hpp"

#include <memory>
#include <random>
#include <set>
#include <vector>

using namespace mallocspy;
using namespace mallocspy::blocks;
using mallocspy::tests::misuse_recorder;

namespace {

// A set with what its caller has to keep: a stock of nodes, and how many pointers are in.
struct fixture {
  std::unique_ptr<spied_set> set = std::make_unique<spied_set>();
  node_stock stock{};
  std::ptrdiff_t count = 0;

  void insert(void* client, const void* raw, std::size_t size) {
    spied_set::place room(stock, false);
    REQUIRE(room);
    count += set->insert(room, client, raw, size) ? 1 : 0;
  }
  void erase(void* client) {
    count -= set->erase(client, stock) ? 1 : 0;
  }
  bool empty() const {
    return count == 0;
  }
};

char* raw_block(std::size_t size) {
  void* raw = raw_allocate(size);
  REQUIRE(raw != nullptr);
  return static_cast<char*>(raw);
}

const std::vector<std::size_t> many_sizes = {0,   1,   15,  16,  17,   27,   47,   48,   53,    61,
                                             119, 480, 495, 496, 1084, 1085, 1100, 4097, 30011, 300007};

} // namespace

TEST_CASE("a client pointer is in the set from insert to erase", "[blocks][spied_set]") {
  fixture f;
  char* raw = raw_block(119);
  for (const std::ptrdiff_t offset : {0, 16, 64, 112, 1, 8, 27, 118, 119, 120, 4096, -16, -1}) {
    CAPTURE(offset);
    CHECK(f.empty());
    CHECK_FALSE(f.set->contains(raw + offset));
    f.insert(raw + offset, raw, 119);
    CHECK(f.set->contains(raw + offset));
    CHECK_FALSE(f.set->contains(raw + offset + 1));
    CHECK_FALSE(f.set->contains(raw + offset + 16));
    CHECK_FALSE(f.empty());
    CHECK(raw_size(raw) == 119);
    f.erase(raw + offset);
    CHECK_FALSE(f.set->contains(raw + offset));
  }
  CHECK(f.empty());
  raw_free(raw, "Free");
}

TEST_CASE("an address that nothing can lie at is kept in the side table", "[blocks][spied_set]") {
  fixture f;
  char* raw = raw_block(53);
  for (const std::uintptr_t wild : {std::uintptr_t{8}, std::uintptr_t{16}, ~std::uintptr_t{0}, std::uintptr_t{1} << 63}) {
    void* client = reinterpret_cast<void*>(wild);
    CHECK_FALSE(f.set->contains(client));
    f.insert(client, raw, 53);
    CHECK(f.set->contains(client));
    f.erase(client);
    CHECK(f.empty());
  }
  raw_free(raw, "Free");
}

TEST_CASE("a pointer put in twice counts once", "[blocks][spied_set]") {
  fixture f;
  char* raw = raw_block(119);
  for (const std::ptrdiff_t offset : {32, 33}) {
    f.insert(raw + offset, raw, 119);
    f.insert(raw + offset, raw, 119);
    f.erase(raw + offset);
    CHECK(f.empty());
    CHECK_FALSE(f.set->contains(raw + offset));
    f.erase(raw + offset);
    CHECK(f.empty());
  }
  raw_free(raw, "Free");
}

TEST_CASE("a granule of another block is never marked", "[blocks][spied_set]") {
  fixture f;
  char* raw = raw_block(27);
  char* other = raw_block(27);
  // Inside the other block, and in the slack of the own one.
  for (char* client : {other, other + 16, raw + 32, raw - 16}) {
    const map_byte* byte = find_byte(client);
    const std::uint8_t before = byte == nullptr ? 0 : byte->load();
    f.insert(client, raw, 27);
    CHECK(f.set->contains(client));
    CHECK((byte == nullptr ? 0 : byte->load()) == before);
    f.erase(client);
  }
  CHECK(f.empty());
  raw_free(raw, "Free");
  raw_free(other, "Free");
}

TEST_CASE("marks at every granule leave the size alone and survive a resize in place", "[blocks][spied_set]") {
  for (const std::size_t size : many_sizes) {
    CAPTURE(size);
    fixture f;
    char* raw = raw_block(size);
    std::vector<char*> clients;
    for (std::size_t offset = 0; offset == 0 || offset < size; offset += 16) {
      clients.push_back(raw + offset);
      f.insert(clients.back(), raw, size);
      if (raw_size(raw) != size) {
        CHECK(raw_size(raw) == size);
      }
    }
    const auto all_in = [&] {
      std::size_t count = 0;
      for (char* client : clients) {
        count += f.set->contains(client) ? 1U : 0U;
      }
      return count == clients.size();
    };
    CHECK(all_in());
    // Down and up in place, through sizes that are written over fewer and more bytes.
    const std::size_t room = backing::usable_size(raw);
    for (const std::size_t next : {room, room / 2 + 1, size < room / 2 ? room : size, room - 1}) {
      CAPTURE(next);
      REQUIRE(raw_reallocate(raw, next, "Realloc", [](std::size_t) {}) == raw);
      CHECK(raw_size(raw) == next);
      CHECK(all_in());
    }
    for (char* client : clients) {
      f.erase(client);
      if (raw_size(raw) != room - 1) {
        CHECK(raw_size(raw) == room - 1);
      }
    }
    CHECK(f.empty());
    CHECK(raw_owns(raw));
    raw_free(raw, "Free");
    CHECK_FALSE(raw_owns(raw));
  }
}

TEST_CASE("a client pointer that was freed is remembered, the start of its raw block is not", "[blocks][spied_set]") {
  fixture f;
  char* raw = raw_block(119);
  f.insert(raw + 16, raw, 119);
  f.erase(raw + 16);
  CHECK(remembers_freed(raw + 16));
  f.insert(raw, raw, 119);
  f.erase(raw);
  CHECK_FALSE(remembers_freed(raw));
  CHECK(raw_size(raw) == 119);
  raw_free(raw, "Free");
}

TEST_CASE("a fresh block outside of spying starts without marks", "[blocks][spied_set]") {
  const misuse_recorder none;
  fixture f;
  char* raw = raw_block(119);
  find_byte(raw)->fetch_or(mark_bit); // as a spy leaves it that keeps a block and frees it raw
  raw_free(raw, "Free");
  CHECK(f.set->contains(raw));
  std::vector<void*> taken;
  for (int i = 0; i < 5000; ++i) {
    taken.push_back(raw_allocate(119));
    if (taken.back() == raw) {
      break;
    }
  }
  REQUIRE(taken.back() == raw);
  CHECK_FALSE(f.set->contains(raw));
  for (void* p : taken) {
    raw_free(p, "Free");
  }
  CHECK(misuse_recorder::count() == 0);
}

TEST_CASE("random operations agree with a set of pointers", "[blocks][spied_set]") {
  fixture f;
  struct raw_with_size {
    char* raw;
    std::size_t size;
  };
  std::vector<raw_with_size> raws;
  for (const std::size_t size : many_sizes) {
    raws.push_back({raw_block(size), size});
  }
  std::set<void*> model;
  std::mt19937_64 random(27);
  std::size_t disagreements = 0;
  for (int i = 0; i < 300000; ++i) {
    const raw_with_size& block = raws[random() % raws.size()];
    const std::size_t reach = (block.size < 400 ? block.size : 400) + 40;
    char* client = block.raw - 16 + random() % reach;
    if (random() % 2 == 0) {
      client = block.raw + static_cast<std::size_t>(client + 16 - block.raw) / 16 * 16;
    }
    switch (random() % 3) {
    case 0:
      f.insert(client, block.raw, block.size);
      model.insert(client);
      break;
    case 1:
      f.erase(client);
      model.erase(client);
      break;
    default:
      disagreements += f.set->contains(client) == (model.count(client) == 1) ? 0U : 1U;
      break;
    }
    disagreements += f.empty() == model.empty() ? 0U : 1U;
    disagreements += raw_size(block.raw) == block.size ? 0U : 1U;
  }
  CHECK(disagreements == 0);
  for (void* client : model) {
    f.erase(client);
  }
  CHECK(f.empty());
  for (const raw_with_size& block : raws) {
    CHECK(raw_size(block.raw) == block.size);
    raw_free(block.raw, "Free");
  }
}

TEST_CASE("the start of a fresh block is marked without a place", "[blocks][spied_set]") {
  fixture f;
  char* raw = raw_block(119);
  CHECK(add_mark(find_byte(raw)));
  CHECK_FALSE(add_mark(find_byte(raw)));
  CHECK(f.set->contains(raw));
  CHECK(raw_size(raw) == 119);
  CHECK(f.set->erase(raw, f.stock));
  CHECK_FALSE(claim_marked(find_byte(raw), find_byte(raw)->load())); // there is no mark any more
  CHECK(raw_owns(raw));
  CHECK(add_mark(find_byte(raw)));
  map_byte* byte = find_byte(raw);
  CHECK(claim_marked(byte, byte->load()));
  CHECK_FALSE(raw_owns(raw));
  CHECK_FALSE(f.set->contains(raw));
  CHECK(remembers_freed(raw));
  backing::release(raw);
}

TEST_CASE("nested places are promised nodes of their own, and leave one for the outermost", "[blocks][spied_set]") {
  node_stock stock{};
  const spied_set::place outermost(stock, false);
  REQUIRE(outermost);
  while (stock.count > 2) {
    stock.take();
  }
  const std::size_t limit = limit_tables(0);
  {
    const spied_set::place nested(stock, true);
    CHECK(nested);
    const spied_set::place deeper(stock, true);
    CHECK_FALSE(deeper); // the two that are left are promised
  }
  const spied_set::place again(stock, true);
  CHECK(again); // what was promised came back
  limit_tables(limit);
}

TEST_CASE("what lies inside a block is taken out at once, and nothing beside it", "[blocks][spied_set]") {
  for (const std::size_t size : many_sizes) {
    CAPTURE(size);
    fixture f;
    char* before = raw_block(53);
    char* raw = raw_block(size);
    char* after = raw_block(53);
    f.insert(before, before, 53);
    f.insert(after, after, 53);
    f.insert(before + 7, before, 53);
    CHECK(f.count == 3);
    std::ptrdiff_t inside = 0;
    for (std::size_t offset = 0; offset == 0 || offset < size; offset += std::size_t{offset % 3 == 0 ? 16U : 25U}) {
      f.insert(raw + offset, raw, size);
      ++inside;
    }
    CHECK(f.count == 3 + inside);
    const std::size_t extent = size == 0 ? 1 : size;
    CHECK(f.set->may_have_inside(raw, extent));
    f.count -= static_cast<std::ptrdiff_t>(f.set->erase_inside(raw, extent, f.stock));
    CHECK(f.count == 3);
    CHECK(f.set->erase_inside(raw, extent, f.stock) == 0);
    CHECK_FALSE(f.set->contains(raw));
    CHECK(f.set->contains(before));
    CHECK(f.set->contains(after));
    f.erase(before + 7);
    CHECK_FALSE(f.set->may_have_inside(raw, extent));
    CHECK(raw_size(raw) == size); // the sizes between the marks are whole
    for (char* p : {before, raw, after}) {
      f.erase(p);
      raw_free(p, "Free");
    }
  }
}
