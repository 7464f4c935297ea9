// SPDX-License-Identifier: MIT
#include "blocks/fork_safe_lock.hpp"

#include "blocks/lock_checks.hpp"
#include "support/catch.hpp"

#include <atomic>
#include <chrono>
#include <thread>

using mallocspy::blocks::fork_safe_lock;
using namespace mallocspy::tests;

TEST_CASE("threads that hold the lock are alone, and see what the one before wrote", "[blocks][lock]") {
  check_holders_are_alone<fork_safe_lock>(4, [](int) {});
}

TEST_CASE("a thread waits as long as another holds the lock, and keeps its errno", "[blocks][lock]") {
  check_others_wait<fork_safe_lock>();
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
