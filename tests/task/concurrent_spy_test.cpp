// SPDX-License-Identifier: MIT
// Spies that are called without the lock: who gets in when, and that registration and revocation stay exact.
#include "concurrent_spy.hpp"
#include "support/barrier.hpp"
#include "support/catch.hpp"
#include "support/on_another_thread.hpp"

#include <chrono>
#include <mallocspy/mallocspy.hpp>
#include <pthread.h>
#include <thread>
#include <vector>

using namespace mallocspy;

namespace {

void use_memory() {
  CoTaskMemFree(CoTaskMemRealloc(CoTaskMemAlloc(27), 301));
}

template <class Condition> bool becomes_true(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) {
      return false;
    }
    std::this_thread::yield();
  }
  return true;
}

// Holds whoever allocates `held_size` inside PreAlloc until it is opened.
class gated_spy : public test::concurrent_spy {
public:
  static SIZE_T held_size() {
    return 59;
  }
  void open() {
    m_open = true;
  }

protected:
  void on_pre_alloc(SIZE_T cbRequest) override {
    if (cbRequest == held_size()) {
      becomes_true([&] { return m_open.load(); });
    }
  }

private:
  std::atomic<bool> m_open{false};
};

} // namespace

TEST_CASE("a spy that answers the marker is asked for it once, and gets its reference back") {
  test::concurrent_spy spy;
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  CHECK(spy.marker_queries == 1);
  CHECK(spy.references == 2);
  use_memory();
  CHECK(spy.references == 2);
  CHECK(CoRevokeMallocSpy() == S_OK);
  CHECK(spy.references == 1);
  CHECK(spy.freed_spied == 1);
}

TEST_CASE("two threads are inside a concurrent spy at once") {
  gated_spy spy;
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  std::thread one([&] { CoTaskMemFree(CoTaskMemAlloc(gated_spy::held_size())); });
  std::thread two([&] { CoTaskMemFree(CoTaskMemAlloc(gated_spy::held_size())); });
  CHECK(becomes_true([&] { return spy.inside == 2; }));
  use_memory(); // and a third comes and goes
  spy.open();
  one.join();
  two.join();
  CHECK(CoRevokeMallocSpy() == S_OK);
}

TEST_CASE("a revocation waits until no thread is inside, and then succeeds") {
  gated_spy spy;
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  // Refused in the end, so that nothing of the spy is left: without waiting the revocation could succeed too early.
  std::thread inside([&] { CoTaskMemFree(CoTaskMemAlloc(gated_spy::held_size())); });
  REQUIRE(becomes_true([&] { return spy.inside == 1; }));
  HRESULT result = S_OK;
  std::atomic<bool> returned{false};
  std::thread revoker([&] {
    result = CoRevokeMallocSpy();
    returned = true;
  });
  // Threads that come now are served under the lock meanwhile.
  use_memory();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK_FALSE(returned);
  CHECK(spy.releases == 0);
  spy.open();
  inside.join();
  revoker.join();
  // The block that was being made when the revocation began may have been there when it looked.
  CHECK((result == S_OK || result == E_ACCESSDENIED));
  CHECK(CoRevokeMallocSpy() == CO_E_OBJNOTREG);
  CHECK(spy.releases == 1);
  CHECK(spy.called_after_release == 0);
}

TEST_CASE("blocks made and freed on different threads, ended ones among them, are counted exactly") {
  test::concurrent_spy spy;
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  std::vector<void*> blocks(300);
  for (std::size_t part = 0; part < 3; ++part) {
    std::thread([&, part] {
      for (std::size_t i = part; i < blocks.size(); i += 3) {
        blocks[i] = CoTaskMemAlloc(27 + i);
      }
    }).join();
  }
  CHECK(CoRevokeMallocSpy() == E_ACCESSDENIED);
  std::thread([&] {
    for (std::size_t i = 0; i < 200; ++i) {
      CoTaskMemFree(blocks[i]);
    }
  }).join();
  for (std::size_t i = 200; i + 1 < blocks.size(); ++i) {
    CoTaskMemFree(blocks[i]);
  }
  CHECK(spy.releases == 0);
  CHECK(CoRevokeMallocSpy() == E_ACCESSDENIED);
  CoTaskMemFree(blocks.back());
  CHECK(spy.releases == 1); // before the last Free returned
  CHECK(CoRevokeMallocSpy() == CO_E_OBJNOTREG);
  CHECK(spy.freed_spied == 300);
  CHECK(spy.freed_unspied == 0);
}

TEST_CASE("operations in destructors that run after a thread has left the roster still count") {
  test::concurrent_spy spy;
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  void* left = nullptr;
  static pthread_key_t key;
  static void** out;
  out = &left;
  // Keys run their destructors again as long as a value is set: by the last time the roster's own is long over.
  REQUIRE(pthread_key_create(&key, [](void* value) {
            const auto round = reinterpret_cast<std::size_t>(value);
            CoTaskMemFree(*out);
            *out = CoTaskMemAlloc(61);
            pthread_setspecific(key, round < 3 ? reinterpret_cast<void*>(round + 1) : nullptr);
          }) == 0);
  std::thread([&] {
    use_memory();
    pthread_setspecific(key, reinterpret_cast<void*>(std::size_t{1}));
  }).join();
  pthread_key_delete(key);
  REQUIRE(left != nullptr);
  CHECK(spy.freed_unspied == 0);
  CHECK(CoRevokeMallocSpy() == E_ACCESSDENIED);
  CoTaskMemFree(left);
  CHECK(spy.releases == 1);
}

TEST_CASE("revoking from inside a hook while other threads are inside completes with the last of them") {
  gated_spy spy;
  class revoking_spy : public gated_spy {
  protected:
    void on_pre_alloc(SIZE_T cbRequest) override {
      gated_spy::on_pre_alloc(cbRequest);
      if (cbRequest == 53) {
        inside_result = CoRevokeMallocSpy();
      }
    }

  public:
    std::atomic<HRESULT> inside_result{S_OK};
  };
  revoking_spy revoking;
  REQUIRE(CoRegisterMallocSpy(&revoking) == S_OK);
  std::thread held([&] { CoTaskMemFree(CoTaskMemAlloc(gated_spy::held_size())); });
  REQUIRE(becomes_true([&] { return revoking.inside == 1; }));
  CoTaskMemFree(CoTaskMemAlloc(53));
  CHECK(revoking.inside_result == E_ACCESSDENIED);
  CHECK(revoking.releases == 0); // the other thread is still inside
  CHECK(CoRegisterMallocSpy(&spy) == CO_E_OBJISREG);
  revoking.open();
  held.join();
  CHECK(revoking.releases == 1);
  CHECK(revoking.called_after_release == 0);
  CHECK(CoRevokeMallocSpy() == CO_E_OBJNOTREG);
}

TEST_CASE(
    "a revocation from inside a hook completes with the free of the last block, on a thread that has made calls before") {
  class held_in_free : public test::concurrent_spy {
  public:
    std::atomic<int> holds{0};
    std::atomic<bool> open{false};

  protected:
    void on_pre_alloc(SIZE_T cbRequest) override {
      if (cbRequest == 53) {
        CoRevokeMallocSpy();
      }
    }
    void on_post_free() override {
      if (holds == 1) {
        ++holds;
        becomes_true([&] { return open.load(); });
      }
    }
  };
  held_in_free spy;
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  void* own = CoTaskMemAlloc(27);
  std::thread held([&] {
    use_memory();
    void* last = CoTaskMemAlloc(61);
    spy.holds = 1;
    CoTaskMemFree(last);
  });
  REQUIRE(becomes_true([&] { return spy.holds == 2; }));
  CoTaskMemFree(CoTaskMemAlloc(53));
  CoTaskMemFree(own);
  CHECK(spy.releases == 0); // nothing is left of it, but a thread is inside
  spy.open = true;
  held.join();
  CHECK(spy.releases == 1);
  CHECK(spy.called_after_release == 0);
}

TEST_CASE("two threads that revoke from inside hooks do not wait for each other") {
  class both_revoke : public test::concurrent_spy {
  public:
    support::barrier meeting{2};
    std::atomic<int> denied{0};

  protected:
    void on_pre_alloc(SIZE_T cbRequest) override {
      if (cbRequest == 53) {
        meeting.arrive_and_wait();
        denied += CoRevokeMallocSpy() == E_ACCESSDENIED ? 1 : 0;
        meeting.arrive_and_wait();
      }
    }
  };
  for (int round = 0; round < 50; ++round) {
    both_revoke spy;
    REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
    std::thread one([] { CoTaskMemFree(CoTaskMemAlloc(53)); });
    std::thread two([] { CoTaskMemFree(CoTaskMemAlloc(53)); });
    one.join();
    two.join();
    REQUIRE(spy.denied == 2);
    REQUIRE(spy.releases == 1);
    REQUIRE(spy.called_after_release == 0);
    REQUIRE(CoRevokeMallocSpy() == CO_E_OBJNOTREG);
  }
}

TEST_CASE("spies come and go while eight threads allocate; none is called after its release") {
  std::vector<test::concurrent_spy> spies(3);
  test::pass_through_spy classic; // the lock and the roster take turns
  std::atomic<bool> stop{false};
  std::atomic<int> faults{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        for (std::size_t size = 1; size < 500; size += 61) {
          void* p = CoTaskMemAlloc(size);
          faults += requested_size(p) == size ? 0 : 1;
          p = CoTaskMemRealloc(p, size + 700);
          faults += requested_size(p) == size + 700 ? 0 : 1;
          CoTaskMemFree(p);
        }
        std::this_thread::yield();
      }
    });
  }
  int registered = 0;
  for (int round = 0; round < 2000 || registered < 300; ++round) {
    IMallocSpy* spy = round % 4 == 3 ? static_cast<IMallocSpy*>(&classic) : &spies[static_cast<std::size_t>(round % 4)];
    registered += CoRegisterMallocSpy(spy) == S_OK ? 1 : 0;
    CoRevokeMallocSpy();
  }
  stop = true;
  for (auto& thread : threads) {
    thread.join();
  }
  const HRESULT last = CoRevokeMallocSpy();
  CHECK((last == S_OK || last == CO_E_OBJNOTREG));
  CHECK(faults == 0);
  CHECK(CoRevokeMallocSpy() == CO_E_OBJNOTREG);
  for (auto& spy : spies) {
    CHECK(spy.references == 1);
    CHECK(spy.releases > 0);
    CHECK(spy.called_after_release == 0);
  }
  CHECK(classic.references == 1);
}
