// SPDX-License-Identifier: MIT
// Heaps over a fork: the child finds them whole and free, whatever other threads were doing.
#include "heap/some_heap.hpp"
#include "support/header_spy.hpp"

#include <atomic>
#include <mallocspy/mallocspy.hpp>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

// returns: whether the work in a child says that all is well, in time
template <class Work> bool well_in_child(Work work) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);
    ::_exit(work() ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool works(HANDLE heap) {
  void* p = HeapAlloc(heap, 0, 53);
  p = HeapReAlloc(heap, 0, p, 5003);
  const bool sized = HeapSize(heap, 0, p) == 5003;
  return sized && HeapFree(heap, 0, p) && HeapValidate(heap, 0, nullptr);
}

} // namespace

TEST_CASE("a child finds every heap whole, while other threads were in it", "[heap][fork]") {
  const some_heap private_one;
  for (HANDLE heap : {private_one.get(), GetProcessHeap()}) {
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([&] {
        for (unsigned i = 0; !stop; ++i) {
          HeapFree(heap, 0, HeapReAlloc(heap, 0, HeapAlloc(heap, 0, i % 300), i % 3000));
        }
      });
    }
    for (int i = 0; i < 8; ++i) {
      CHECK(well_in_child([&] { return works(heap); }));
    }
    stop = true;
    for (std::thread& t : threads) {
      t.join();
    }
    CHECK(works(heap));
  }
}

TEST_CASE("a lock of a thread that the child has not is free there", "[heap][fork]") {
  const some_heap private_one;
  for (HANDLE heap : {private_one.get(), GetProcessHeap()}) {
    std::atomic<bool> locked{false};
    std::atomic<bool> stop{false};
    std::thread owner([&] {
      HeapLock(heap);
      locked = true;
      while (!stop) {
        std::this_thread::yield();
      }
      HeapUnlock(heap);
    });
    while (!locked) {
      std::this_thread::yield();
    }
    CHECK(well_in_child([&] {
      CoTaskMemFree(CoTaskMemAlloc(53));
      return works(heap) && HeapLock(heap) && HeapUnlock(heap) && !HeapUnlock(heap);
    }));
    stop = true;
    owner.join();
    CHECK(works(heap)); // and in the parent it was kept until it was given back
  }
}

TEST_CASE("the lock of the thread that forks is its lock in the child too", "[heap][fork]") {
  const some_heap private_one;
  for (HANDLE heap : {private_one.get(), GetProcessHeap()}) {
    REQUIRE(HeapLock(heap));
    CHECK(well_in_child([&] {
      CoTaskMemFree(CoTaskMemAlloc(53));
      return works(heap) && HeapUnlock(heap) && !HeapUnlock(heap) && works(heap);
    }));
    CHECK(works(heap));
    CHECK(HeapUnlock(heap));
    CHECK_FALSE(HeapUnlock(heap));
  }
}

TEST_CASE("fork with a spy and a locked process heap", "[heap][fork]") {
  support::header_spy spy(16);
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  std::atomic<bool> stop{false};
  std::thread busy([&] {
    while (!stop) {
      CoTaskMemFree(CoTaskMemAlloc(53));
    }
  });
  for (int i = 0; i < 8; ++i) {
    REQUIRE(HeapLock(GetProcessHeap()));
    CHECK(well_in_child([&] {
      CoTaskMemFree(CoTaskMemAlloc(53));
      const bool unlocked = HeapUnlock(GetProcessHeap());
      CoTaskMemFree(CoTaskMemAlloc(53));
      return unlocked && works(GetProcessHeap());
    }));
    REQUIRE(HeapUnlock(GetProcessHeap()));
    std::this_thread::yield();
  }
  stop = true;
  busy.join();
  CHECK(CoRevokeMallocSpy() == S_OK);
}
