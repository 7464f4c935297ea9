// SPDX-License-Identifier: MIT
// fork while other threads allocate, with handlers of others that allocate too.
#include "family.hpp"
#include "support/catch.hpp"

#include <atomic>
#include <cstdint>
#include <mallocspy/blocks/ownership.hpp>
#include <mallocspy/spies/spy_base.hpp>
#include <mallocspy/task/scoped_spy.hpp>
#include <pthread.h>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

std::atomic<int> handled{0};
void* kept_over_fork = nullptr;

// Before the library's handlers if that comes first, behind them otherwise; registered early and late, it is both.
void allocate_in_handler() {
  const std::string text(119, 'x');
  family::release(std::exchange(kept_over_fork, family::alloc(4999)));
  handled += text.size() == 119;
}

// Ahead of the library's own: what is linked first is constructed first.
__attribute__((constructor(101))) void register_early() {
  pthread_atfork(allocate_in_handler, allocate_in_handler, allocate_in_handler);
}

struct header_spy : spy_base {
  using spy_base::spy_base;
  // Odd offsets: such client pointers are in a table with a lock of its own.
  SIZE_T PreAlloc(SIZE_T bytes) override {
    return bytes + 1;
  }
  void* PostAlloc(void* p) override {
    return p == nullptr || current_is_aligned() ? p : static_cast<char*>(p) + 1;
  }
  void* PreFree(void* p, BOOL spyed) override {
    const bool moved = spyed && (reinterpret_cast<std::uintptr_t>(p) & 1) != 0;
    return moved ? static_cast<char*>(p) - 1 : p;
  }

  static bool current_is_aligned() {
    return !odd;
  }
  static thread_local bool odd;
};
thread_local bool header_spy::odd = false;

int child() {
  alarm(20);
  for (int i = 0; i < 119; ++i) {
    const std::size_t size = 27 + static_cast<std::size_t>(i) * 53;
    void* p = family::alloc(size);
    if (p == nullptr || family::usable_size(p) < size) {
      return 1;
    }
    family::release(p);
  }
  std::thread([] { family::release(family::alloc(27)); }).join();
  return 0;
}

void fork_among_threads(int times) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> busy;
  for (int i = 0; i < 2; ++i) {
    busy.emplace_back([&] {
      while (!stop) {
        header_spy::odd = true;
        void* p = family::alloc(53);
        header_spy::odd = false;
        family::release(family::resize(nullptr, 5003));
        family::release(p);
      }
    });
  }
  for (int i = 0; i < times; ++i) {
    const pid_t pid = fork();
    if (pid == 0) {
      _exit(child());
    }
    int status = -1;
    REQUIRE(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
  }
  stop = true;
  for (std::thread& each : busy) {
    each.join();
  }
}

} // namespace

TEST_CASE("fork works while others allocate, with and without a spy", "[interpose][fork]") {
  alarm(120);
  fork_among_threads(20);
  static const int late = pthread_atfork(allocate_in_handler, allocate_in_handler, allocate_in_handler);
  REQUIRE(late == 0);
  for (const spy_calls how : {spy_calls::serialised, spy_calls::concurrent}) {
    header_spy spy(how);
    const scoped_spy registered(&spy);
    handled = 0;
    fork_among_threads(20);
    CHECK(handled == 20 * 4); // before and after, early and late, as the parent sees it
    family::release(std::exchange(kept_over_fork, nullptr));
  }
  alarm(0);
}
