// SPDX-License-Identifier: MIT
// Two threads give the same block back at once: one of them does, the other is told.
#include "blocks/build_kind.hpp"
#include "blocks/misuse_recorder.hpp"
#include "blocks/raw_door.hpp"
#include "support/catch.hpp"

#include <atomic>
#include <cstring>
#include <thread>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

// Two threads that do their halves of each round at the same time, as near as can be had.
class two_threads {
public:
  // effects: runs `first` here and `second` on another thread, `count` times, and `between` after each round
  template <class Before, class First, class Second, class After>
  static void race(int count, Before before, First first, Second second, After after) {
    std::atomic<int> started{0};
    std::atomic<int> ended{0};
    std::thread other([&] {
      for (int round = 1; round <= count; ++round) {
        wait_for(started, round);
        second();
        ended.store(round);
      }
    });
    for (int round = 1; round <= count; ++round) {
      before();
      started.store(round);
      // The other one needs a moment to see it: start later in some rounds.
      for (volatile int delay = round % 64; delay > 0; delay = delay - 1) {
      }
      first();
      wait_for(ended, round);
      after();
    }
    other.join();
  }

private:
  static void wait_for(const std::atomic<int>& counter, int value) {
    for (int spins = 0; counter.load() < value; ++spins) {
      if (spins > 1000) {
        std::this_thread::yield();
      }
    }
  }
};

// returns: how often the handler was called since the last time
std::size_t new_lines() {
  static std::size_t before = 0;
  const std::size_t now = misuse_recorder::count();
  const std::size_t lines = now - before;
  before = now;
  return lines;
}

} // namespace

TEST_CASE("two threads free the same block: one wins, the other gets one line", "[blocks][race]") {
  for (const std::size_t size : {5U, 27U, 119U, 700U, 30011U}) {
    CAPTURE(size);
    const misuse_recorder misuses;
    new_lines();
    std::atomic<void*> shared{nullptr};
    std::size_t not_one_line = 0;
    std::size_t handed_out_twice = 0;
    std::size_t still_live = 0;
    const auto free_it = [&] { raw_door::free(shared.load()); };
    two_threads::race(
        rounds(20000),
        [&] {
          void* p = raw_door::alloc(size);
          std::memset(p, 0x27, size);
          shared = p;
        },
        free_it, free_it,
        [&] {
          not_one_line += new_lines() == 1 ? 0U : 1U;
          still_live += owns(shared.load()) ? 1U : 0U;
          // A block that went back twice would be handed out twice.
          void* one = raw_door::alloc(size);
          void* two = raw_door::alloc(size);
          handed_out_twice += one == two ? 1U : 0U;
          raw_door::free(one);
          raw_door::free(two);
        });
    CHECK(not_one_line == 0);
    CHECK(still_live == 0);
    CHECK(handed_out_twice == 0);
    CHECK(misuse_recorder::count(misuse_kind::freed_before) == misuse_recorder::count());
  }
}

TEST_CASE("a moving realloc races with a free: one line, and no block is lost or kept twice", "[blocks][race]") {
  // Up to blocks that the heap gives back to the system at once.
  for (const std::size_t size :
       {std::size_t{27}, std::size_t{1500}, std::size_t{30011}, std::size_t{5} << 20, std::size_t{40} << 20}) {
    CAPTURE(size);
    const misuse_recorder misuses;
    new_lines();
    std::atomic<void*> shared{nullptr};
    void* moved = nullptr;
    std::size_t not_one_line = 0;
    std::size_t still_live = 0;
    std::size_t wrong_contents = 0;
    std::size_t realloc_won = 0;
    // A large block moves by shrinking, which copies less.
    const std::size_t next = size > 100000 ? 119 : 4 * size;
    const int count = rounds(size > 100000 ? 2000 : 20000);
    two_threads::race(
        count,
        [&] {
          void* p = raw_door::alloc(size);
          std::memset(p, 0x53, 27);
          shared = p;
        },
        [&] { moved = raw_door::realloc(shared.load(), next); }, [&] { raw_door::free(shared.load()); },
        [&] {
          not_one_line += new_lines() == 1 ? 0U : 1U;
          still_live += owns(shared.load()) ? 1U : 0U;
          if (moved != nullptr) {
            ++realloc_won;
            const char* bytes = static_cast<const char*>(moved);
            wrong_contents += bytes[0] == 0x53 && bytes[26] == 0x53 && raw_door::size(moved) == next ? 0U : 1U;
            raw_door::free(moved);
          }
        });
    CHECK(not_one_line == 0);
    CHECK(still_live == 0);
    CHECK(wrong_contents == 0);
    CHECK(misuse_recorder::count(misuse_kind::freed_before) == misuse_recorder::count());
    CHECK(realloc_won <= static_cast<std::size_t>(count));
  }
}

TEST_CASE("a realloc in place races with a free: never both lines, never two owners", "[blocks][race]") {
  for (const std::size_t size : {30U, 117U, 30011U}) {
    CAPTURE(size);
    const misuse_recorder misuses;
    new_lines();
    std::atomic<void*> shared{nullptr};
    void* resized = nullptr;
    std::size_t wrong = 0;
    two_threads::race(
        rounds(20000), [&] { shared = raw_door::alloc(size); },
        [&] { resized = raw_door::realloc(shared.load(), size - 1); }, [&] { raw_door::free(shared.load()); },
        [&] {
          const std::size_t lines = new_lines();
          const bool lives = owns(shared.load());
          // The free came before the realloc (told), in between (told itself, the block lives on), or after it (no line).
          const bool freed_first = resized == nullptr && lines == 1 && !lives;
          const bool between = resized == shared.load() && lines == 1 && lives && raw_door::size(resized) == size - 1;
          const bool freed_last = resized == shared.load() && lines == 0 && !lives;
          wrong += freed_first || between || freed_last ? 0U : 1U;
          if (lives) {
            raw_door::free(shared.load());
          }
          void* one = raw_door::alloc(size);
          void* two = raw_door::alloc(size);
          wrong += one == two ? 1U : 0U;
          raw_door::free(one);
          raw_door::free(two);
        });
    CHECK(wrong == 0);
    CHECK(misuse_recorder::count(misuse_kind::interior) == 0);
  }
}
