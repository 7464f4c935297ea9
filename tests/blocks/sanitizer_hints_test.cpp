// SPDX-License-Identifier: MIT
// What the sanitizers are told about blocks: under AddressSanitizer slack and freed blocks may not be touched, and clean
// use is silent; under ThreadSanitizer memory that the heap hands from thread to thread is ordered. In other builds the
// same programs just run.
#include "blocks/build_kind.hpp"
#include "blocks/child_process.hpp"
#include "blocks/raw_door.hpp"
#include "support/catch.hpp"

#include <atomic>
#include <cstring>
#include <random>
#include <sys/mman.h>
#include <thread>
#include <vector>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

// Through volatile, so that the compiler neither foresees nor drops the access.
void write_at(void* p, std::size_t offset) {
  static_cast<volatile char*>(p)[offset] = 1;
}
char read_at(void* p, std::size_t offset) {
  return static_cast<volatile char*>(p)[offset];
}

} // namespace

TEST_CASE("clean use of every size is silent, also after a resize in place", "[blocks][sanitizer]") {
  for (std::size_t size = 1; size <= 3000; size += size < 130 ? 1 : 37) {
    void* p = raw_door::alloc(size);
    REQUIRE(p != nullptr);
    write_at(p, 0);
    write_at(p, size - 1);
    const std::size_t room = blocks::backing::usable_size(p);
    for (const std::size_t next : {room, room / 2 + 1, room - 1, room}) {
      REQUIRE(raw_door::realloc(p, next) == p);
      std::memset(p, 27, next);
    }
    void* moved = raw_door::realloc(p, 3 * size + 53);
    REQUIRE(moved != nullptr);
    std::memset(moved, 53, 3 * size + 53);
    raw_door::free(moved);
    for (std::size_t alignment = 32; alignment <= 65536; alignment *= 8) {
      for (const bool zeroed : {false, true}) {
        void* aligned = blocks::raw_allocate(size, {alignment, zeroed});
        REQUIRE(aligned != nullptr);
        CHECK((!zeroed || (read_at(aligned, 0) == 0 && read_at(aligned, size - 1) == 0)));
        std::memset(aligned, 119, size);
        raw_door::free(aligned);
      }
    }
  }
}

TEST_CASE("zeroed blocks of reused memory are silent and zero", "[blocks][sanitizer]") {
  for (int i = 0; i < 3000; ++i) {
    const auto size = static_cast<std::size_t>(1 + i % 700);
    void* dirty = raw_door::alloc(size);
    REQUIRE(dirty != nullptr);
    std::memset(dirty, 0xA7, size);
    raw_door::free(dirty);
    void* p = blocks::raw_allocate(size, {16, true});
    REQUIRE(p != nullptr);
    CHECK(read_at(p, 0) == 0);
    CHECK(read_at(p, size - 1) == 0);
    raw_door::free(p);
  }
}

TEST_CASE("address space that the heap gave back may be used by others", "[blocks][sanitizer]") {
  for (const std::size_t size : {std::size_t{20} << 20, std::size_t{70} << 20, std::size_t{600} << 20}) {
    for (int i = 0; i < 3; ++i) {
      void* p = raw_door::alloc(size);
      REQUIRE(p != nullptr);
      write_at(p, size / 2);
      raw_door::free(p);
      blocks::backing::minimize();
      // As large as the heap's own mapping was, so that the system takes the same place.
      const std::size_t length = size + (std::size_t{32} << 20);
      void* mine = ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      REQUIRE(mine != MAP_FAILED);
      for (std::size_t offset = 0; offset < length; offset += std::size_t{1} << 20) {
        write_at(mine, offset);
      }
      ::munmap(mine, length);
    }
  }
}

TEST_CASE("blocks that threads hand over through the heap are ordered", "[blocks][sanitizer]") {
  // Blocks travel: who allocates one is seldom who frees it, and the heap hands its memory to whoever asks next, also as
  // another size class. Who gets a block writes all of it, and who frees one writes all of it once more. The threads meet
  // only once for sixteen blocks, so that between a free and the next use of the memory there is no order but the heap's.
  constexpr std::size_t slot_count = 256;
  constexpr std::size_t batch = 16;
  std::atomic<void*> slots[slot_count] = {};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&slots, t] {
      std::mt19937 random(t);
      const auto touch = [t](void* p) { std::memset(p, static_cast<int>(t), raw_door::size(p)); };
      for (int round = 0; round < 2000; ++round) {
        // Rounds of one size each, so that pages change their class.
        const std::size_t size = 1 + random() % (round % 4 == 0 ? 20011 : 900);
        void* mine[batch];
        for (void*& p : mine) {
          p = random() % 8 == 0 ? blocks::raw_allocate(size, {16, true}) : raw_door::alloc(size);
          touch(p);
          if (random() % 8 == 0) {
            p = raw_door::realloc(p, 2 * size + 119);
            touch(p);
          }
        }
        void* others[batch];
        for (std::size_t i = 0; i < batch; ++i) {
          others[i] = slots[random() % slot_count].exchange(mine[i], std::memory_order_acq_rel);
        }
        for (void* p : others) {
          if (p != nullptr) {
            touch(p);
            raw_door::free(p);
          }
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  std::size_t left = 0;
  for (std::atomic<void*>& slot : slots) {
    left += slot.load() != nullptr ? 1U : 0U;
    raw_door::free(slot.load());
  }
  CHECK(left == slot_count);
}

TEST_CASE("memory of threads that ended serves others", "[blocks][sanitizer]") {
  // Each generation of threads frees what the one before allocated, and takes its place in the heap.
  std::vector<void*> old;
  for (int generation = 0; generation < 12; ++generation) {
    std::vector<void*> fresh[4];
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (std::size_t i = t; i < old.size(); i += 4) {
          raw_door::free(old[i]);
        }
        for (std::size_t i = 0; i < 400; ++i) {
          const std::size_t size = 27 + (i * static_cast<std::size_t>(generation + 1)) % 2003;
          fresh[t].push_back(raw_door::alloc(size));
          std::memset(fresh[t].back(), generation, size);
        }
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    old.clear();
    for (const std::vector<void*>& part : fresh) {
      old.insert(old.end(), part.begin(), part.end());
    }
  }
  CHECK(old.size() == 1600);
  for (void* p : old) {
    raw_door::free(p);
  }
}

#if MALLOCSPY_TESTS_UNDER_ASAN

TEST_CASE("child writes one byte behind a block", "[.]") {
  write_at(raw_door::alloc(53), 53);
}
TEST_CASE("child reads the last byte of the slack", "[.]") {
  void* p = raw_door::alloc(53);
  read_at(p, blocks::backing::usable_size(p) - 1);
}
TEST_CASE("child writes into a block of size 0", "[.]") {
  write_at(raw_door::alloc(0), 0);
}
TEST_CASE("child reads after free", "[.]") {
  void* p = raw_door::alloc(119);
  raw_door::free(p);
  read_at(p, 27);
}
TEST_CASE("child writes to the old place after a move", "[.]") {
  void* p = raw_door::alloc(119);
  raw_door::realloc(p, 30011);
  write_at(p, 0);
}
TEST_CASE("child writes behind a block that shrank in place", "[.]") {
  void* p = raw_door::alloc(119);
  raw_door::realloc(p, 101);
  write_at(p, 101);
}
TEST_CASE("child writes behind a block that grew in place", "[.]") {
  void* p = raw_door::alloc(97);
  raw_door::realloc(p, 107);
  write_at(p, 106);
  write_at(p, 107);
}
TEST_CASE("child writes behind an aligned block", "[.]") {
  void* p = blocks::raw_allocate(27, {4096, false});
  write_at(p, 26);
  write_at(p, 27);
}
TEST_CASE("child writes behind a zeroed block", "[.]") {
  void* p = blocks::raw_allocate(27, {16, true});
  write_at(p, 26);
  write_at(p, 27);
}
TEST_CASE("child writes behind a large block", "[.]") {
  void* p = raw_door::alloc(300007);
  write_at(p, 300006);
  write_at(p, 300007);
}
TEST_CASE("child copies a byte too many", "[.]") {
  char text[28] = "twenty-seven characters ...";
  std::memcpy(raw_door::alloc(27), text, sizeof text);
}

TEST_CASE("AddressSanitizer reports what no block's owner may touch", "[blocks][sanitizer]") {
  for (const char* name :
       {"child writes one byte behind a block", "child reads the last byte of the slack",
        "child writes into a block of size 0", "child reads after free", "child writes to the old place after a move",
        "child writes behind a block that shrank in place", "child writes behind a block that grew in place",
        "child writes behind an aligned block", "child writes behind a zeroed block", "child writes behind a large block",
        "child copies a byte too many"}) {
    CAPTURE(name);
    const child_result child = run_in_child(name);
    CHECK_FALSE(child.exited_with(0));
    CHECK(child.errors.find("ERROR: AddressSanitizer: ") != std::string::npos);
  }
}

#endif
