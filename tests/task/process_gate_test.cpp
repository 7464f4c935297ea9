// SPDX-License-Identifier: MIT
// Holding the process heap turns the slow way on, and nothing is left of it afterwards.
#include "task/process_gate.hpp"

#include "support/catch.hpp"
#include "support/header_spy.hpp"
#include "task/spy_registry.hpp"

#include <atomic>
#include <mallocspy/mallocspy.hpp>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace mallocspy;
using namespace mallocspy::task;

namespace {

bool fast_way_is_open() {
  return !spy_registered() && unspied_leaves.load() == blocks::leaf_table;
}

} // namespace

TEST_CASE("the fast way is closed from the first hold to the last leave", "[task][gate]") {
  CHECK(fast_way_is_open());
  hold_gate();
  CHECK_FALSE(fast_way_is_open());
  hold_gate();
  CHECK(leave_gate());
  CHECK_FALSE(fast_way_is_open());
  CHECK(leave_gate());
  CHECK(fast_way_is_open());
  CHECK_FALSE(leave_gate());
  CHECK(fast_way_is_open());
}

TEST_CASE("a spy that comes or goes meanwhile is left as it should be", "[task][gate]") {
  support::header_spy spy(16);
  hold_gate();
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  CHECK(leave_gate());
  CHECK(spy_in(spy_word.load()) == &spy);
  CHECK(unspied_leaves.load() == blocks::no_leaves);
  hold_gate();
  CHECK(CoRevokeMallocSpy() == S_OK);
  CHECK_FALSE(fast_way_is_open());
  CHECK(leave_gate());
  CHECK(fast_way_is_open());
}

TEST_CASE("the child of a fork has the fast way again, if another thread held the gate", "[task][gate]") {
  std::atomic<bool> held{false};
  std::atomic<bool> stop{false};
  std::thread owner([&] {
    hold_gate();
    held = true;
    while (!stop) {
      std::this_thread::yield();
    }
    leave_gate();
  });
  while (!held) {
    std::this_thread::yield();
  }
  const pid_t child = ::fork();
  if (child == 0) {
    ::_exit(fast_way_is_open() ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
  CHECK_FALSE(fast_way_is_open());
  stop = true;
  owner.join();
  CHECK(fast_way_is_open());
}
