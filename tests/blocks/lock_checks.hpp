// SPDX-License-Identifier: MIT
// What every lock of ours keeps.
#pragma once

#include "support/catch.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

namespace mallocspy::tests {

// pause: what a holder does besides, told which turn of its thread it is
template <class Lock, class Pause> void check_holders_are_alone(std::size_t thread_count, Pause pause) {
  Lock lock;
  std::size_t plain = 0; // ThreadSanitizer watches it
  std::atomic<int> inside{0};
  std::atomic<int> met{0};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < thread_count; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20000; ++i) {
        const std::lock_guard<Lock> hold(lock);
        // Relaxed: no order but the lock's.
        met.fetch_add(inside.fetch_add(1, std::memory_order_relaxed), std::memory_order_relaxed);
        ++plain;
        pause(i);
        inside.fetch_sub(1, std::memory_order_relaxed);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(plain == 20000 * thread_count);
  CHECK(met == 0);
}

// A thread waits as long as another one holds the lock, and keeps its errno.
template <class Lock> void check_others_wait() {
  Lock lock;
  std::atomic<bool> held{true};
  std::atomic<bool> waiting{false};
  bool came_early = true;
  int error = 0;
  lock.lock(); // by the only thread: for threads that start later too
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

} // namespace mallocspy::tests
