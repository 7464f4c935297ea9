// SPDX-License-Identifier: MIT
#include "blocks/owned_gate.hpp"

#include "support/catch.hpp"
#include "support/on_another_thread.hpp"

#include <thread>
#include <vector>

using mallocspy::blocks::owned_gate;

TEST_CASE("the mutex of a gate excludes, with and without contention", "[blocks][gate]") {
  owned_gate gate;
  unsigned long count = 0; // ThreadSanitizer watches too
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5000; ++i) {
        gate.lock();
        ++count;
        if (i % 500 == 0) {
          std::this_thread::yield(); // while holding it, so that others go to sleep
        }
        gate.unlock();
      }
    });
  }
  for (std::thread& t : threads) {
    t.join();
  }
  CHECK(count == 20000);
}

TEST_CASE("who holds the gate passes, again and again; others wait", "[blocks][gate]") {
  owned_gate gate;
  gate.lock();
  CHECK_FALSE(gate.is_held());
  CHECK(gate.hold());
  CHECK_FALSE(gate.hold());
  CHECK(gate.times_held() == 2);
  gate.wait_for_others(); // not for oneself
  gate.unlock();
  bool passed = false;
  bool foreign_release = true;
  {
    const support::on_another_thread other([&] {
      gate.lock();
      foreign_release = gate.release() || gate.times_held() != 0;
      gate.wait_for_others();
      passed = true;
      gate.unlock();
    });
    for (int i = 0; i < 2; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      gate.lock();
      CHECK_FALSE(passed);
      CHECK(gate.release());
      gate.unlock();
    }
    CHECK(other.done());
  }
  CHECK(passed);
  CHECK_FALSE(foreign_release);
  gate.lock();
  CHECK_FALSE(gate.release());
  gate.unlock();
}

TEST_CASE("several threads take turns in holding a gate", "[blocks][gate]") {
  owned_gate gate;
  unsigned long count = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        gate.lock();
        gate.hold();
        gate.unlock();
        ++count; // under the gate, without the mutex
        gate.lock();
        gate.release();
        gate.unlock();
      }
    });
  }
  for (std::thread& t : threads) {
    t.join();
  }
  CHECK(count == 2000);
}
