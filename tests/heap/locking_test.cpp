// SPDX-License-Identifier: MIT
// HeapLock and HeapUnlock, of private heaps and of the process heap. Scenario 24 has the main line.
#include "heap/some_heap.hpp"
#include "support/barrier.hpp"
#include "support/on_another_thread.hpp"

#include <atomic>
#include <functional>
#include <mallocspy/mallocspy.hpp>
#include <thread>
#include <vector>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

// A call on another thread, which should wait until a lock is gone.
class waiting_call {
public:
  explicit waiting_call(std::function<void()> call)
      : m_thread([this, call = std::move(call)] {
          m_started = true;
          call();
          m_done = true;
        }) {}
  // effects: gives the call time to get through, if it can. returns: whether it has not
  bool waits() const {
    while (!m_started) {
      std::this_thread::yield();
    }
    for (int i = 0; i < 20 && !m_done; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return !m_done;
  }
  bool gets_done() const {
    return m_thread.done();
  }

private:
  std::atomic<bool> m_started{false};
  std::atomic<bool> m_done{false};
  support::on_another_thread m_thread; // last: it uses what is above
};

} // namespace

TEST_CASE("every serialized call waits for the owner of the heap", "[heap][lock]") {
  const some_heap private_one;
  for (HANDLE heap : {private_one.get(), GetProcessHeap()}) {
    void* p = HeapAlloc(heap, 0, 53);
    void* q = HeapAlloc(heap, 0, 53);
    PROCESS_HEAP_ENTRY entry{};
    HEAP_SUMMARY summary{};
    summary.cb = sizeof summary;
    const std::vector<std::function<void()>> calls = {
        [&] { HeapAlloc(heap, 0, 27); },
        [&] { q = HeapReAlloc(heap, 0, q, 119); },
        [&] { HeapSize(heap, 0, p); },
        [&] { HeapValidate(heap, 0, p); },
        [&] { HeapValidate(heap, 0, nullptr); },
        [&] { HeapCompact(heap, 0); },
        [&] { HeapWalk(heap, &entry); },
        [&] { HeapSummary(heap, 0, &summary); },
        [&] { HeapFree(heap, 0, HeapAlloc(heap, HEAP_NO_SERIALIZE, 5)); },
    };
    for (const auto& call : calls) {
      REQUIRE(HeapLock(heap));
      const waiting_call other(call);
      CHECK(other.waits());
      REQUIRE(HeapUnlock(heap));
      CHECK(other.gets_done());
    }
    CHECK(HeapFree(heap, 0, p));
  }
}

TEST_CASE("every operation of the task allocator waits for the owner of the process heap", "[heap][lock]") {
  void* p = CoTaskMemAlloc(53);
  void* q = CoTaskMemAlloc(53);
  IMalloc* allocator = nullptr;
  CoGetMalloc(MEMCTX_TASK, &allocator);
  const std::vector<std::function<void()>> calls = {
      [&] { CoTaskMemFree(CoTaskMemAlloc(27)); },
      [&] { q = CoTaskMemRealloc(q, 1190); },
      [&] { allocator->GetSize(p); },
      [&] { allocator->DidAlloc(p); },
      [&] { allocator->HeapMinimize(); },
      [&] { CoTaskMemFree(p); },
  };
  for (const auto& call : calls) {
    REQUIRE(HeapLock(GetProcessHeap()));
    const waiting_call other(call);
    CHECK(other.waits());
    // The owner goes on with all of them.
    void* mine = CoTaskMemAlloc(119);
    mine = CoTaskMemRealloc(mine, 5003);
    CHECK(allocator->GetSize(mine) == 5003);
    CHECK(allocator->DidAlloc(mine) == 1);
    CoTaskMemFree(mine);
    CHECK(HeapSize(GetProcessHeap(), 0, q) != no_size);
    REQUIRE(HeapUnlock(GetProcessHeap()));
    CHECK(other.gets_done());
  }
  CHECK(allocator->GetSize(q) == 1190);
  CoTaskMemFree(q);
}

// Decision 44.
TEST_CASE("only the owner unlocks", "[heap][lock]") {
  const some_heap private_one;
  for (HANDLE heap : {private_one.get(), GetProcessHeap()}) {
    CHECK(error_of([&] { CHECK_FALSE(HeapUnlock(heap)); }) == ERROR_NOT_OWNER);
    REQUIRE(HeapLock(heap));
    DWORD error = 0;
    BOOL unlocked = TRUE;
    std::thread([&] { error = error_of([&] { unlocked = HeapUnlock(heap); }); }).join();
    CHECK(error == ERROR_NOT_OWNER);
    CHECK(unlocked == FALSE);
    const waiting_call other([&] { HeapLock(heap), HeapUnlock(heap); });
    CHECK(other.waits());
    REQUIRE(HeapUnlock(heap));
    CHECK(other.gets_done());
    CHECK(error_of([&] { CHECK_FALSE(HeapUnlock(heap)); }) == ERROR_NOT_OWNER);
  }
  int local = 0;
  CHECK(error_of([&] { CHECK_FALSE(HeapLock(&local)); }) == ERROR_INVALID_HANDLE);
  CHECK(error_of([&] { CHECK_FALSE(HeapUnlock(&local)); }) == ERROR_INVALID_HANDLE);
  CHECK(error_of([&] { CHECK_FALSE(HeapLock(nullptr)); }) == ERROR_INVALID_HANDLE);
}

TEST_CASE("a heap that was destroyed by its owner lets go of those that waited", "[heap][lock]") {
  HANDLE heap = HeapCreate(0, 0, 0);
  REQUIRE(HeapLock(heap));
  void* got = &heap;
  BOOL locked = TRUE;
  const waiting_call alloc([&] { got = HeapAlloc(heap, 0, 53); });
  const waiting_call lock([&] { locked = HeapLock(heap); });
  CHECK(alloc.waits());
  CHECK(lock.waits());
  CHECK(HeapDestroy(heap));
  CHECK(alloc.gets_done());
  CHECK(lock.gets_done());
  CHECK(got == nullptr);
  CHECK(locked == FALSE);
}

TEST_CASE("locked sections exclude each other", "[heap][lock]") {
  const some_heap private_one;
  for (HANDLE heap : {private_one.get(), GetProcessHeap()}) {
    int inside = 0; // not atomic: ThreadSanitizer watches too
    std::atomic<bool> disturbed{false};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 200; ++i) {
          HeapLock(heap);
          HeapLock(heap);
          disturbed = disturbed || ++inside != 1;
          void* p = HeapAlloc(heap, 0, 53);
          HeapUnlock(heap);
          HeapFree(heap, 0, p);
          --inside;
          HeapUnlock(heap);
          HeapFree(heap, 0, HeapAlloc(heap, 0, 27));
        }
      });
    }
    for (std::thread& t : threads) {
      t.join();
    }
    CHECK_FALSE(disturbed);
  }
}

TEST_CASE("while the process heap is locked, each other thread ends at most the call that it was in", "[heap][lock]") {
  constexpr std::size_t thread_count = 3;
  std::atomic<bool> stop{false};
  std::atomic<unsigned> ended[thread_count] = {};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < thread_count; ++t) {
    threads.emplace_back([&, t] {
      const auto count = [&](void* p) {
        ++ended[t]; // a full fence, so that the next call looks for the lock afterwards
        return p;
      };
      while (!stop) {
        void* p = count(CoTaskMemAlloc(53));
        p = count(CoTaskMemRealloc(p, 1190));
        CoTaskMemFree(p);
        count(nullptr);
        p = count(HeapAlloc(GetProcessHeap(), 0, 27));
        HeapFree(GetProcessHeap(), 0, p);
        count(nullptr);
      }
    });
  }
  unsigned too_many = 0;
  for (int round = 0; round < 30; ++round) {
    REQUIRE(HeapLock(GetProcessHeap()));
    unsigned before[thread_count];
    for (std::size_t t = 0; t < thread_count; ++t) {
      before[t] = ended[t];
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    for (std::size_t t = 0; t < thread_count; ++t) {
      too_many += ended[t] - before[t] > 1 ? 1U : 0U;
    }
    REQUIRE(HeapUnlock(GetProcessHeap()));
    const unsigned now = ended[0];
    while (ended[0] == now) {
      std::this_thread::yield(); // they do go on
    }
  }
  stop = true;
  for (std::thread& t : threads) {
    t.join();
  }
  CHECK(too_many == 0);
}
