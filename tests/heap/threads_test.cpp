// SPDX-License-Identifier: MIT
// Heaps and threads: mimalloc's heaps belong to one thread each, ours to none.
#include "blocks/build_kind.hpp"
#include "heap/some_heap.hpp"
#include "support/barrier.hpp"
#include "support/pattern.hpp"

#include <atomic>
#include <mallocspy/mallocspy.hpp>
#include <random>
#include <thread>
#include <vector>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

// returns: how much was not as it should be
unsigned churn(HANDLE heap, unsigned seed, int steps) {
  struct block {
    void* p;
    SIZE_T size;
    std::size_t key;
  };
  std::mt19937 random(seed);
  std::vector<block> live;
  unsigned faults = 0;
  for (int i = 0; i < steps; ++i) {
    if (live.size() < 50 && random() % 2 == 0) {
      const SIZE_T size = random() % (random() % 30 == 0 ? 20000 : 300);
      void* p = HeapAlloc(heap, 0, size);
      if (p != nullptr) {
        live.push_back({p, size, random()});
        support::fill(p, size, live.back().key);
      }
    } else if (!live.empty()) {
      block& b = live[random() % live.size()];
      faults += support::holds(b.p, b.size, b.key) && HeapSize(heap, 0, b.p) == b.size ? 0U : 1U;
      if (random() % 3 == 0) {
        const SIZE_T size = random() % 600;
        void* p = HeapReAlloc(heap, 0, b.p, size);
        if (p != nullptr) {
          faults += support::holds(p, size < b.size ? size : b.size, b.key) ? 0U : 1U;
          b = {p, size, b.key};
          support::fill(p, size, b.key);
        }
      } else {
        faults += HeapFree(heap, 0, b.p) ? 0U : 1U;
        b = live.back();
        live.pop_back();
      }
    }
  }
  for (const block& b : live) {
    faults += HeapFree(heap, 0, b.p) ? 0U : 1U;
  }
  return faults;
}

} // namespace

TEST_CASE("threads share a serialized heap", "[heap][threads]") {
  const some_heap growable;
  const some_heap fixed(0, 0, SIZE_T{4} << 20);
  for (HANDLE heap : {growable.get(), fixed.get(), GetProcessHeap()}) {
    std::atomic<unsigned> faults{0};
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] { faults += churn(heap, t, rounds(20000)); });
    }
    for (int i = 0; i < 20; ++i) {
      faults += HeapValidate(heap, 0, nullptr) ? 0U : 1U;
      HeapCompact(heap, 0);
      std::this_thread::yield();
    }
    for (std::thread& t : threads) {
      t.join();
    }
    CHECK(faults == 0);
    CHECK(HeapValidate(heap, 0, nullptr));
  }
  CHECK(HeapCompact(fixed.get(), 0) == (4 << 20) - 2048);
}

TEST_CASE("each thread uses a heap of its own without locks", "[heap][threads]") {
  std::atomic<unsigned> faults{0};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 5; ++i) {
        HANDLE heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
        faults += heap != nullptr ? churn(heap, t, rounds(5000)) : 1;
        faults += HeapDestroy(heap) ? 0U : 1U;
      }
    });
  }
  for (std::thread& t : threads) {
    t.join();
  }
  CHECK(faults == 0);
}

TEST_CASE("a heap outlives the thread that created it", "[heap][threads]") {
  for (const DWORD options : {DWORD{0}, HEAP_NO_SERIALIZE}) {
    HANDLE heap = nullptr;
    std::vector<void*> blocks;
    std::thread([&] {
      heap = HeapCreate(options, 0, 0);
      for (SIZE_T size = 0; size < 3000; size += 7) {
        blocks.push_back(HeapAlloc(heap, 0, size));
        support::fill(blocks.back(), size, size);
      }
      blocks.push_back(HeapAlloc(heap, 0, 700001));
    }).join();
    REQUIRE(heap != nullptr);
    bool good = true;
    for (std::size_t i = 0; i + 1 < blocks.size(); ++i) {
      good = good && HeapSize(heap, 0, blocks[i]) == 7 * i && support::holds(blocks[i], 7 * i, 7 * i);
    }
    CHECK(good);
    for (std::size_t i = 0; i < blocks.size(); i += 2) {
      good = good && HeapFree(heap, 0, blocks[i]);
    }
    CHECK(good);
    CHECK(churn(heap, 1, 3000) == 0);
    std::thread([&] { good = HeapAlloc(heap, 0, 53) != nullptr && HeapDestroy(heap); }).join();
    CHECK(good);
    CHECK(HeapAlloc(heap, 0, 53) == nullptr);
  }
}

TEST_CASE("a heap is destroyed by another thread while its creator allocates elsewhere", "[heap][threads]") {
  support::barrier meet(2);
  HANDLE heap = nullptr;
  std::atomic<unsigned> faults{0};
  std::thread creator([&] {
    const some_heap mine;
    for (int i = 0; i < 20; ++i) {
      heap = HeapCreate(0, 0, i % 2 == 0 ? 0 : 1 << 20);
      for (int k = 0; k < 500; ++k) {
        faults += HeapAlloc(heap, 0, 119) != nullptr ? 0U : 1U;
      }
      meet.arrive_and_wait();
      faults += churn(mine.get(), 1, 500);
      for (int k = 0; k < 500; ++k) {
        CoTaskMemFree(CoTaskMemAlloc(119));
      }
      meet.arrive_and_wait();
    }
  });
  for (int i = 0; i < 20; ++i) {
    meet.arrive_and_wait();
    faults += HeapDestroy(heap) ? 0U : 1U;
    meet.arrive_and_wait();
  }
  creator.join();
  CHECK(faults == 0);
}

TEST_CASE("calls that come too late for a serialized heap find it gone", "[heap][threads]") {
  for (int i = 0; i < rounds(200) + 20; ++i) {
    HANDLE heap = HeapCreate(0, 0, 0);
    std::atomic<bool> ready{false};
    std::atomic<unsigned> refused{0};
    std::thread user([&] {
      void* p = HeapAlloc(heap, 0, 53);
      ready = true;
      while (HeapSize(heap, 0, p) == 53) { // until the heap is gone
        void* q = HeapAlloc(heap, 0, 119);
        if (q != nullptr) {
          HeapFree(heap, 0, q); // or is gone by now
        }
      }
      ++refused;
    });
    while (!ready) {
      std::this_thread::yield();
    }
    CHECK(HeapDestroy(heap));
    user.join();
    CHECK(refused == 1);
  }
}

TEST_CASE("heaps come and go on many threads at once", "[heap][threads]") {
  const DWORD n = GetProcessHeaps(0, nullptr);
  std::atomic<unsigned> faults{0};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < rounds(400) + 10; ++i) {
        HANDLE heap = HeapCreate(0, 0, 65536);
        HANDLE listed[64];
        const DWORD count = GetProcessHeaps(64, listed);
        bool found = false;
        for (DWORD k = 0; k < count && k < 64; ++k) {
          found = found || listed[k] == heap;
        }
        faults += found && HeapAlloc(heap, 0, 53) != nullptr && HeapDestroy(heap) ? 0U : 1U;
      }
    });
  }
  for (std::thread& t : threads) {
    t.join();
  }
  CHECK(faults == 0);
  CHECK(GetProcessHeaps(0, nullptr) == n);
}
