// SPDX-License-Identifier: MIT
#include "blocks/word_lock.hpp"

#include "blocks/lock_checks.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

using mallocspy::blocks::word_lock;
using namespace mallocspy::tests;

namespace {

constexpr std::size_t thread_count = 8;

// Threads that call a function again and again until the object goes.
class busy_threads {
public:
  explicit busy_threads(const std::function<void(std::size_t)>& turn) {
    for (std::size_t i = 0; i < thread_count; ++i) {
      m_threads.emplace_back([this, turn, i] {
        while (!m_stop.load(std::memory_order_relaxed)) {
          turn(i);
        }
      });
    }
  }
  ~busy_threads() {
    m_stop = true;
    for (std::thread& thread : m_threads) {
      thread.join();
    }
  }
  busy_threads(const busy_threads&) = delete;
  busy_threads& operator=(const busy_threads&) = delete;

private:
  std::atomic<bool> m_stop{false};
  std::vector<std::thread> m_threads;
};

template <class Condition> bool becomes_true(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) {
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

} // namespace

TEST_CASE("threads that hold a word_lock are alone, and see what the one before wrote", "[blocks][lock]") {
  check_holders_are_alone<word_lock>(thread_count, [](int turn) {
    if (turn % 1000 == 0) {
      std::this_thread::sleep_for(std::chrono::microseconds(100)); // so that others go to sleep
    }
  });
}

TEST_CASE("a thread waits as long as another holds a word_lock, and keeps its errno", "[blocks][lock]") {
  check_others_wait<word_lock>();
}

TEST_CASE("no thread starves while seven others take a word_lock all the time", "[blocks][lock]") {
  word_lock lock;
  std::array<std::atomic<long>, thread_count> turns{};
  const busy_threads threads([&](std::size_t mine) {
    const std::lock_guard<word_lock> hold(lock);
    turns[mine].fetch_add(1, std::memory_order_relaxed);
  });
  for (int round = 0; round < 20; ++round) {
    std::array<long, thread_count> before{};
    for (std::size_t i = 0; i < thread_count; ++i) {
      before[i] = turns[i].load();
    }
    for (std::size_t i = 0; i < thread_count; ++i) {
      CAPTURE(round, i);
      REQUIRE(becomes_true([&] { return turns[i].load() > before[i]; }));
    }
  }
}

TEST_CASE("who sleeps until a word_lock is free is woken, and does not go by the clock", "[blocks][lock]") {
  using clock = std::chrono::steady_clock;
  constexpr std::size_t rounds = 31;
  word_lock lock;
  std::vector<clock::duration> late(rounds);
  for (std::size_t round = 0; round < rounds; ++round) {
    lock.lock();
    clock::time_point got{};
    std::thread sleeper([&] {
      const std::lock_guard<word_lock> hold(lock);
      got = clock::now();
    });
    std::this_thread::sleep_for(std::chrono::microseconds(3000 + (700 * round) % 10000)); // it sleeps by then
    const clock::time_point freed = clock::now();
    lock.unlock();
    sleeper.join();
    late[round] = got - freed;
  }
  std::sort(late.begin(), late.end());
  CHECK(late[rounds / 2] < std::chrono::milliseconds(2)); // by the clock it would be five on average
}

TEST_CASE("who waits for a change goes on when one is told", "[blocks][lock]") {
  word_lock lock;
  bool changed = false;
  bool seen = false;
  std::thread other([&] {
    lock.lock();
    while (!changed) {
      lock.wait_for_change();
    }
    seen = changed;
    lock.unlock();
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  lock.lock();
  changed = true;
  lock.tell_change();
  lock.unlock();
  other.join();
  CHECK(seen);
}

TEST_CASE("who forks while it holds a word_lock, and eight threads want it, unlocks it in the child too",
          "[blocks][lock]") {
  word_lock lock;
  long count = 0; // ThreadSanitizer watches it
  const busy_threads threads([&](std::size_t) {
    const std::lock_guard<word_lock> hold(lock);
    ++count;
  });
  for (int round = 0; round < 30; ++round) {
    lock.lock();
    if (round % 3 == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1)); // now they sleep; else they look
    }
    const long at_fork = count;
    const pid_t child = fork();
    if (child == 0) {
      alarm(60);
      lock.after_fork_in_child();
      lock.unlock();
      for (int i = 0; i < 1000; ++i) {
        const std::lock_guard<word_lock> hold(lock);
        ++count;
      }
      _exit(count == at_fork + 1000 ? 0 : 1);
    }
    lock.unlock();
    REQUIRE(child > 0);
    int status = -1;
    while (waitpid(child, &status, 0) < 0) {
    }
    CAPTURE(round);
    REQUIRE(status == 0);
  }
}
