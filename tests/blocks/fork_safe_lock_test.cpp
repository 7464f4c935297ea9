// SPDX-License-Identifier: MIT
#include "blocks/fork_safe_lock.hpp"

#include "support/catch.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

using mallocspy::blocks::fork_safe_lock;

TEST_CASE("threads that hold the lock are alone, and see what the one before wrote", "[blocks][lock]") {
  fork_safe_lock lock;
  std::size_t plain = 0; // ThreadSanitizer watches it
  std::atomic<int> inside{0};
  std::atomic<int> met{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20000; ++i) {
        const std::lock_guard<fork_safe_lock> hold(lock);
        // Relaxed: no order but the lock's.
        met.fetch_add(inside.fetch_add(1, std::memory_order_relaxed), std::memory_order_relaxed);
        ++plain;
        inside.fetch_sub(1, std::memory_order_relaxed);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(plain == 80000);
  CHECK(met == 0);
}

TEST_CASE("a thread waits as long as another holds the lock, and keeps its errno", "[blocks][lock]") {
  fork_safe_lock lock;
  std::atomic<bool> held{true};
  std::atomic<bool> waiting{false};
  bool came_early = true;
  int error = 0;
  lock.lock();
  std::thread other([&] {
    errno = EDOM;
    waiting = true;
    lock.lock();
    error = errno;
    came_early = held.load();
    lock.unlock();
  });
  while (!waiting.load()) {
    std::this_thread::yield();
  }
  // Long enough that it has stopped spinning and sleeps.
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  held = false;
  lock.unlock();
  other.join();
  CHECK_FALSE(came_early);
  CHECK(error == EDOM);
}

TEST_CASE("a lock taken by the only thread is taken for threads that start later", "[blocks][lock]") {
  fork_safe_lock lock;
  lock.lock();
  std::atomic<bool> entered{false};
  std::thread other([&] {
    lock.lock();
    entered = true;
    lock.unlock();
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  CHECK_FALSE(entered.load());
  lock.unlock();
  other.join();
  CHECK(entered.load());
}
