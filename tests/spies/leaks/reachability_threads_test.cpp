// SPDX-License-Identifier: MIT
// What other threads hold.
#include "spies/leaks/lost_blocks.hpp"
#include "support/barrier.hpp"

#include <thread>

using namespace mallocspy;
using namespace mallocspy::tests;
using support::barrier;

ALONE("a block held only by another thread's stack") {
  fixture f;
  barrier placed(2);
  barrier done(2);
  std::thread holder([&] {
    node* volatile local = new_node(nullptr);
    f.remember(local);
    placed.arrive_and_wait();
    done.arrive_and_wait();
    local = nullptr;
  });
  placed.arrive_and_wait();
  CHECK(f.state_of(0) == block_state::reachable);
  done.arrive_and_wait();
  holder.join();
}

ALONE("a block held only by another thread's thread-local storage") {
  fixture f;
  barrier placed(2);
  barrier seen(2);
  barrier cleared(2);
  barrier done(2);
  std::thread holder([&] {
    out_of_sight([&f] {
      in_thread_local_memory = new_node(nullptr);
      f.remember(in_thread_local_memory);
    });
    wipe();
    placed.arrive_and_wait();
    seen.arrive_and_wait();
    in_thread_local_memory = nullptr;
    cleared.arrive_and_wait();
    done.arrive_and_wait();
  });
  placed.arrive_and_wait();
  CHECK(f.state_of(0) == block_state::reachable);
  seen.arrive_and_wait();
  cleared.arrive_and_wait();
  CHECK(f.state_of(0) == block_state::lost);
  done.arrive_and_wait();
  holder.join();
}
