// SPDX-License-Identifier: MIT
// Thread A is the test's own; B is another one, which waits or does not.
#include "heap/some_heap.hpp"
#include "support/catch.hpp"
#include "support/on_another_thread.hpp"

#include <atomic>
#include <functional>
#include <mallocspy/mallocspy.hpp>
#include <thread>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

class thread_b {
public:
  explicit thread_b(std::function<void()> call)
      : m_thread([this, call = std::move(call)] {
          call();
          m_done = true;
        }) {}
  // returns: whether B still waits, after enough time to get through. A B that should wait and is only slow is not noticed,
  //   a B that gets through is
  bool waits() const {
    for (int i = 0; i < 20 && !m_done; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return !m_done;
  }
  bool gets_done() const {
    return m_thread.done();
  }

private:
  std::atomic<bool> m_done{false};
  support::on_another_thread m_thread;
};

// effects: A locks; B's operation waits until A has unlocked as often as it has locked, and A goes on meanwhile
void check_excludes(HANDLE heap, const std::function<void()>& operation_of_b) {
  REQUIRE(HeapLock(heap));
  const thread_b b(operation_of_b);
  CHECK(b.waits());
  void* mine = HeapAlloc(heap, 0, 53);
  CHECK(mine != nullptr);
  CHECK(HeapSize(heap, 0, mine) == 53);
  CHECK(HeapFree(heap, 0, mine));
  REQUIRE(HeapLock(heap));
  REQUIRE(HeapUnlock(heap));
  CHECK(b.waits()); // locked twice, unlocked once
  REQUIRE(HeapUnlock(heap));
  CHECK(b.gets_done());
}

void check_lets_through(HANDLE heap, const std::function<void()>& operation_of_b) {
  REQUIRE(HeapLock(heap));
  {
    const thread_b b(operation_of_b);
    CHECK(b.gets_done());
  }
  REQUIRE(HeapUnlock(heap));
}

} // namespace

TEST_CASE("scenario 24: HeapLock") {
  const some_heap private_one;
  for (HANDLE heap : {private_one.get(), GetProcessHeap()}) {
    check_excludes(heap, [heap] { HeapFree(heap, 0, HeapAlloc(heap, 0, 53)); });
    check_excludes(heap, [heap] {
      HeapLock(heap);
      HeapUnlock(heap);
    });
    check_lets_through(heap, [heap] { HeapFree(heap, HEAP_NO_SERIALIZE, HeapAlloc(heap, HEAP_NO_SERIALIZE, 53)); });
  }
}

TEST_CASE("scenario 24: HeapLock of the process heap and CoTaskMemAlloc") {
  check_excludes(GetProcessHeap(), [] { CoTaskMemFree(CoTaskMemAlloc(53)); });
}

// Decision 42.
TEST_CASE("scenario 24: a heap without serialization is locked in name only") {
  const some_heap heap(HEAP_NO_SERIALIZE);
  check_lets_through(heap.get(), [&] { HeapFree(heap.get(), 0, HeapAlloc(heap.get(), 0, 53)); });
  check_lets_through(heap.get(), [&] {
    HeapLock(heap.get());
    HeapUnlock(heap.get());
  });
}
