// SPDX-License-Identifier: MIT
// What a thread keeps of the blocks that it freed.
#include "blocks/thread_cache.hpp"

#include "blocks/misuse_recorder.hpp"
#include "blocks/raw_heap.hpp"
#include "support/catch.hpp"

#include <cerrno>
#include <random>
#include <sys/mman.h>
#include <thread>
#include <vector>

using namespace mallocspy;
using namespace mallocspy::blocks;
using namespace mallocspy::tests;

namespace {

std::size_t kept(size_class of) {
  const thread_cache* cache = cache_of_this_thread();
  return cache == nullptr ? 0 : static_cast<std::size_t>(cache->tops[of] - (cache->rows[of] + 1));
}

std::size_t kept_in_all() {
  std::size_t sum = 0;
  for (size_class of = 1; of < long_class; ++of) {
    sum += kept(of);
  }
  return sum;
}

// returns: whether each block that is kept has all the room of its class
bool all_have_room() {
  for (size_class of = 1; of < long_class; ++of) {
    for (std::size_t i = 0; i < kept(of); ++i) {
      if (backing::usable_size(cache_of_this_thread()->rows[of][1 + i]) < class_extents[of]) {
        return false;
      }
    }
  }
  return true;
}

} // namespace

TEST_CASE("a freed block serves the next request of its class, the last one first", "[blocks][thread_cache]") {
  empty_cache();
  void* first = raw_allocate(119);
  void* second = raw_allocate(127);
  void* other = raw_allocate(53);
  raw_free(first, "Free");
  raw_free(second, "Free");
  CHECK_FALSE(raw_owns(first));
  CHECK(raw_size(second) == no_size);
  CHECK(raw_allocate(55) != first); // of another class
  CHECK(raw_allocate(113) == second);
  CHECK(raw_allocate(128) == first);
  CHECK(raw_size(second) == 113);
  CHECK(raw_size(first) == 128);
  CHECK(raw_owns(other));
}

TEST_CASE("a class that is full gives half of it back, and long sizes are not kept", "[blocks][thread_cache]") {
  empty_cache();
  std::vector<void*> blocks(1000);
  for (void*& p : blocks) {
    p = raw_allocate(297);
  }
  std::size_t most = 0;
  std::size_t least_once_full = 1000;
  bool was_full = false;
  for (void* p : blocks) {
    raw_free(p, "Free");
    most = std::max(most, kept(class_of_short(297)));
    was_full = was_full || kept(class_of_short(297)) == thread_cache::most;
    least_once_full = was_full ? std::min(least_once_full, kept(class_of_short(297))) : least_once_full;
  }
  CHECK(most == thread_cache::most);
  CHECK(least_once_full == thread_cache::slots / 2);
  empty_cache();
  CHECK(kept_in_all() == 0);
  raw_free(raw_allocate(first_large), "Free");
  raw_free(raw_allocate(30011), "Free");
  CHECK(kept_in_all() == 0);
}

TEST_CASE("what was freed twice is told, though the thread keeps it", "[blocks][thread_cache]") {
  const misuse_recorder misuses;
  void* p = raw_allocate(61);
  raw_free(p, "Free");
  const std::size_t before = kept_in_all();
  raw_free(p, "Free");
  CHECK(misuse_recorder::count() == 1);
  CHECK(kept_in_all() == before);
}

TEST_CASE("a small block that an alignment made dear is not kept for others", "[blocks][thread_cache]") {
  empty_cache();
  for (const std::size_t alignment : {64U, 256U, 4096U}) {
    for (const std::size_t size : {0U, 1U, 27U, 51U, 297U}) {
      void* p = raw_allocate(size, {alignment, false});
      CHECK(raw_size(p) == size);
      CHECK(reinterpret_cast<std::uintptr_t>(p) % alignment == 0);
      raw_free(p, "Free");
      // A size that fills its alignment has nothing dear about it.
      const bool plain = alignment <= 128 && backing::extent_of(size) % alignment == 0;
      CHECK(kept_in_all() == (plain ? 1 : 0));
      empty_cache();
    }
  }
}

TEST_CASE("a block that is kept has all the room of its class, however it came to its size", "[blocks][thread_cache]") {
  std::mt19937 random(20260727);
  std::vector<void*> live(300, nullptr);
  bool all_right = true;
  for (int i = 0; i < 60000; ++i) {
    void*& p = live[random() % live.size()];
    const std::size_t size = random() % 500;
    switch (random() % 4) {
    case 0:
      raw_free(p, "Free");
      p = nullptr;
      break;
    case 1:
      raw_free(p, "Free");
      p = raw_allocate(size, {std::size_t{16} << (random() % 4), random() % 2 == 0});
      break;
    default:
      p = p == nullptr ? raw_allocate(size) : raw_reallocate(p, size, "Realloc", [](std::size_t) {});
    }
    all_right = all_right && (p == nullptr || backing::usable_size(p) >= raw_size(p));
    all_right = all_right && (i % 64 != 0 || all_have_room());
  }
  CHECK(all_right);
  for (void* p : live) {
    raw_free(p, "Free");
  }
  CHECK(all_have_room());
}

TEST_CASE("a thread's cache goes with the thread", "[blocks][thread_cache]") {
  void* theirs = nullptr;
  void* block = raw_allocate(85);
  std::thread([&] {
    raw_free(block, "Free"); // made by another thread, kept by this one
    theirs = cache_of_this_thread();
    CHECK(kept_in_all() == 1);
  }).join();
  REQUIRE(theirs != nullptr);
  CHECK(theirs != cache_of_this_thread());
  errno = 0;
  CHECK(msync(theirs, 4096, MS_ASYNC) == -1); // not mapped
  CHECK(errno == ENOMEM);
}
