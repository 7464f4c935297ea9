// SPDX-License-Identifier: MIT
// What the conformance scenarios leave open: re-entrancy of registration and release, and races with it.
#include "support/catch.hpp"
#include "support/pass_through_spy.hpp"

#include <atomic>
#include <mallocspy/mallocspy.hpp>
#include <thread>
#include <vector>

using namespace mallocspy;

TEST_CASE("QueryInterface may allocate, and may register another spy first") {
  test::pass_through_spy other;
  class eager_spy : public test::pass_through_spy {
  public:
    explicit eager_spy(IMallocSpy* first) : m_first(first) {}
    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void** ppvObject) override {
      CoTaskMemFree(CoTaskMemAlloc(27));
      if (riid == IID_IMallocSpy) {
        inner = CoRegisterMallocSpy(m_first);
      }
      return pass_through_spy::QueryInterface(riid, ppvObject);
    }
    HRESULT inner = S_OK;

  private:
    IMallocSpy* m_first;
  };
  eager_spy spy(&other);
  CHECK(CoRegisterMallocSpy(&spy) == CO_E_OBJISREG);
  CHECK(spy.inner == S_OK);
  CHECK(spy.references == 1); // asked, and its reference given back
  CHECK(other.references == 2);
  CHECK(CoRevokeMallocSpy() == S_OK);
  CHECK(other.references == 1);
}

TEST_CASE("QueryInterface that succeeds with null is no spy") {
  class hollow_spy : public test::pass_through_spy {
  public:
    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID, void** ppvObject) override {
      *ppvObject = nullptr;
      return S_OK;
    }
  };
  hollow_spy spy;
  CHECK(CoRegisterMallocSpy(&spy) == E_INVALIDARG);
  CHECK(CoRevokeMallocSpy() == CO_E_OBJNOTREG);
}

TEST_CASE("Release runs without the lock: it may allocate, and register the next spy") {
  test::pass_through_spy next;
  class parting_spy : public test::pass_through_spy {
  public:
    explicit parting_spy(IMallocSpy* next) : m_next(next) {}
    ULONG STDMETHODCALLTYPE Release() override {
      // Another thread gets through: the lock is not held.
      std::thread([] { CoTaskMemFree(CoTaskMemAlloc(61)); }).join();
      CHECK(CoRegisterMallocSpy(m_next) == S_OK);
      std::thread([] { CoTaskMemFree(CoTaskMemAlloc(61)); }).join();
      return pass_through_spy::Release();
    }

  private:
    IMallocSpy* m_next;
  };
  parting_spy spy(&next);
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  SECTION("after a revocation") {
    CHECK(CoRevokeMallocSpy() == S_OK);
  }
  SECTION("after a deferred one") {
    void* p = CoTaskMemAlloc(27);
    CHECK(CoRevokeMallocSpy() == E_ACCESSDENIED);
    CoTaskMemFree(p);
  }
  CHECK(spy.references == 1);
  CHECK(next.references == 2);
  CHECK(CoRevokeMallocSpy() == S_OK);
}

TEST_CASE("revoking from inside a hook waits for the end of the outermost call") {
  class leaving_spy : public test::pass_through_spy {
  public:
    void* STDMETHODCALLTYPE PreGetSize(void* pRequest, BOOL) override {
      inside = CoRevokeMallocSpy();
      CoTaskMemFree(CoTaskMemAlloc(19)); // a nested operation that leaves nothing behind does not complete it
      references_inside = references;
      return pRequest;
    }
    SIZE_T STDMETHODCALLTYPE PostGetSize(SIZE_T cbActual, BOOL) override {
      ++posts;
      return cbActual;
    }
    HRESULT inside = S_OK;
    ULONG references_inside = 0;
    int posts = 0;
  };
  IMalloc* allocator = nullptr;
  REQUIRE(CoGetMalloc(MEMCTX_TASK, &allocator) == S_OK);
  void* unspied = CoTaskMemAlloc(27);
  leaving_spy spy;
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  CHECK(allocator->GetSize(unspied) == 27);
  CHECK(spy.inside == E_ACCESSDENIED);
  CHECK(spy.references_inside == 2);
  CHECK(spy.posts == 1);
  CHECK(spy.references == 1);
  CHECK(CoRevokeMallocSpy() == CO_E_OBJNOTREG);
  CoTaskMemFree(unspied);
}

TEST_CASE("of many threads that register at once one wins") {
  constexpr int thread_count = 8;
  for (int round = 0; round < 100; ++round) {
    std::vector<test::pass_through_spy> spies(thread_count);
    std::atomic<int> ready{0};
    std::atomic<int> winners{0};
    std::vector<std::thread> threads;
    for (auto& spy : spies) {
      threads.emplace_back([&] {
        ++ready;
        while (ready < thread_count) {
          std::this_thread::yield();
        }
        const HRESULT result = CoRegisterMallocSpy(&spy);
        if (result == S_OK) {
          ++winners;
        } else if (result != CO_E_OBJISREG) {
          winners += 1000;
        }
      });
    }
    for (auto& thread : threads) {
      thread.join();
    }
    REQUIRE(winners == 1);
    ULONG references = 0;
    for (auto& spy : spies) {
      references += spy.references;
    }
    REQUIRE(references == thread_count + 1);
    REQUIRE(CoRevokeMallocSpy() == S_OK);
  }
}
