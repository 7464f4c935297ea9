// SPDX-License-Identifier: MIT
// A spy_base gets the calls that it overrides, whichever these are, and everything else is as if it got all of them.
#include "support/catch.hpp"
#include "support/on_another_thread.hpp"

#include <atomic>
#include <initializer_list>
#include <mallocspy/mallocspy.hpp>
#include <mallocspy/spies.hpp>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace mallocspy;

namespace {

struct calls {
  std::atomic<long> pre_alloc{0};
  std::atomic<long> post_alloc{0};
  std::atomic<long> pre_free{0};
  std::atomic<long> post_free{0};
  std::atomic<long> freed_spied{0};
};

struct overrides_nothing : spy_base {
  using spy_base::spy_base;
  calls seen;
};

struct overrides_pre_alloc : overrides_nothing {
  using overrides_nothing::overrides_nothing;
  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override {
    ++seen.pre_alloc;
    return cbRequest == 13 ? 0 : cbRequest;
  }
};

struct overrides_pre_free : overrides_nothing {
  using overrides_nothing::overrides_nothing;
  void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL fSpyed) override {
    ++seen.pre_free;
    seen.freed_spied += fSpyed;
    return pRequest;
  }
};

struct overrides_both_pre : overrides_pre_free {
  using overrides_pre_free::overrides_pre_free;
  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override {
    ++seen.pre_alloc;
    return cbRequest;
  }
};

struct overrides_post_alloc : overrides_nothing {
  using overrides_nothing::overrides_nothing;
  void* STDMETHODCALLTYPE PostAlloc(void* pActual) override {
    ++seen.post_alloc;
    return pActual;
  }
};

struct overrides_post_free : overrides_nothing {
  using overrides_nothing::overrides_nothing;
  void STDMETHODCALLTYPE PostFree(BOOL fSpyed) override {
    ++seen.post_free;
    seen.freed_spied += fSpyed;
  }
};

constexpr SIZE_T sizes[] = {1, 27, 48, 49, 100, 384, 385, 5000, 0};
constexpr long size_count = 9;
constexpr long rounds = 20; // more than a thread keeps of a size at first

// effects: allocates and frees blocks of all kinds of sizes, while some of them live together
void use_memory() {
  std::vector<void*> blocks;
  for (long i = 0; i < rounds; ++i) {
    for (const SIZE_T size : sizes) {
      blocks.push_back(CoTaskMemAlloc(size));
    }
  }
  for (void* block : blocks) {
    CoTaskMemFree(block);
  }
}

template <class Spy> void check_calls(spy_calls how, long pre_alloc, long post_alloc, long pre_free, long post_free) {
  void* unspied = CoTaskMemAlloc(27);
  Spy spy(how);
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  use_memory();
  void* spied = CoTaskMemAlloc(27);
  CoTaskMemFree(unspied);
  const long allocs = size_count * rounds + 1;
  CHECK(spy.seen.pre_alloc == pre_alloc * allocs);
  CHECK(spy.seen.post_alloc == post_alloc * allocs);
  CHECK(spy.seen.pre_free == pre_free * allocs);
  CHECK(spy.seen.post_free == post_free * allocs);
  CHECK(spy.seen.freed_spied == (pre_free + post_free) * (allocs - 1)); // all but the unspied one
  CHECK(CoRevokeMallocSpy() == E_ACCESSDENIED);
  CoTaskMemFree(spied); // the last one: that is known
  CHECK(CoRevokeMallocSpy() == CO_E_OBJNOTREG);
  CHECK(spy.references() == 0);
}

} // namespace

TEST_CASE("a spy_base is called for what it overrides, and its blocks are counted") {
  const spy_calls how = GENERATE(spy_calls::serialised, spy_calls::concurrent);
  const bool beside_another = GENERATE(false, true);
  CAPTURE(static_cast<int>(how), beside_another);
  std::atomic<bool> stop{false};
  std::thread other;
  if (beside_another) {
    other = std::thread([&] {
      while (!stop) {
        std::this_thread::yield();
      }
    });
  }
  check_calls<overrides_nothing>(how, 0, 0, 0, 0);
  check_calls<overrides_pre_free>(how, 0, 0, 1, 0);
  check_calls<overrides_both_pre>(how, 1, 0, 1, 0);
  check_calls<overrides_post_alloc>(how, 0, 1, 0, 0);
  check_calls<overrides_post_free>(how, 0, 0, 0, 1);
  stop = true;
  if (other.joinable()) {
    other.join();
  }
}

TEST_CASE("what is freed under a spy serves the next request of its size, and none that is larger") {
  overrides_nothing nothing(spy_calls::concurrent);
  overrides_both_pre pre(spy_calls::concurrent);
  overrides_post_alloc post(spy_calls::concurrent);
  overrides_both_pre serialised;
  for (spy_base* spy : std::initializer_list<spy_base*>{&nothing, &pre, &post, &serialised}) {
    REQUIRE(CoRegisterMallocSpy(spy) == S_OK);
    for (SIZE_T size = 1; size <= 384; size += 7) {
      CAPTURE(size);
      void* freed = CoTaskMemAlloc(size);
      CoTaskMemFree(freed);
      void* larger = CoTaskMemAlloc(2 * size + 16);
      void* next = CoTaskMemAlloc(size);
      CHECK(larger != freed);
      CHECK(next == freed);
      CoTaskMemFree(larger);
      CoTaskMemFree(next);
    }
    REQUIRE(CoRevokeMallocSpy() == S_OK);
  }
}

TEST_CASE("a spy that overrides PreAlloc only may refuse and resize") {
  const spy_calls how = GENERATE(spy_calls::serialised, spy_calls::concurrent);
  struct doubling : spy_base {
    using spy_base::spy_base;
    SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override {
      return cbRequest == 13 ? 0 : cbRequest * 2;
    }
  };
  doubling spy(how);
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  for (int i = 0; i < 3; ++i) {
    CHECK(CoTaskMemAlloc(13) == nullptr);
    for (const SIZE_T size : {1U, 27U, 200U, 500U}) {
      void* block = CoTaskMemAlloc(size);
      CHECK(requested_size(block) == 2 * size);
      CoTaskMemFree(block);
    }
  }
  CHECK(CoRevokeMallocSpy() == S_OK);
}

TEST_CASE("a spy that overrides PreFree only may keep a block, or name another") {
  const spy_calls how = GENERATE(spy_calls::serialised, spy_calls::concurrent);
  struct one_behind : spy_base {
    using spy_base::spy_base;
    void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL) override {
      return std::exchange(kept, pRequest);
    }
    void* kept = nullptr;
  };
  one_behind spy(how);
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  for (int i = 0; i < 10; ++i) {
    void* before = spy.kept;
    void* block = CoTaskMemAlloc(27);
    CHECK((before == nullptr || owns(before)));
    CoTaskMemFree(block);
    CHECK(spy.kept == block);
    CHECK(owns(block));
    CHECK_FALSE(owns(before));
  }
  CHECK(CoRevokeMallocSpy() == S_OK); // what it keeps is no client's
  CoTaskMemFree(spy.kept);
}

TEST_CASE("an exception from the only hook that is overridden ends the call") {
  const spy_calls how = GENERATE(spy_calls::serialised, spy_calls::concurrent);
  struct throwing : spy_base {
    using spy_base::spy_base;
    SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override {
      return armed ? throw std::runtime_error("PreAlloc") : cbRequest;
    }
    void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL) override {
      return armed ? throw std::runtime_error("PreFree") : pRequest;
    }
    bool armed = false;
  };
  throwing spy(how);
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  CoTaskMemFree(CoTaskMemAlloc(27)); // so that the thread is known
  void* block = CoTaskMemAlloc(27);
  spy.armed = true;
  CHECK_THROWS_AS(CoTaskMemAlloc(27), std::runtime_error);
  CHECK_THROWS_AS(CoTaskMemFree(block), std::runtime_error);
  CHECK(owns(block));
  spy.armed = false;
  CHECK(current_request().entry == entry_point::none);
  CoTaskMemFree(block);
  const support::on_another_thread other([] { CoTaskMemFree(CoTaskMemAlloc(27)); }); // which the lock would keep out
  CHECK(other.done());
  CHECK(CoRevokeMallocSpy() == S_OK);
}

TEST_CASE("a spy may revoke itself in the only hook that it overrides, and allocate there") {
  const spy_calls how = GENERATE(spy_calls::serialised, spy_calls::concurrent);
  struct revoking : spy_base {
    using spy_base::spy_base;
    void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL) override {
      if (armed) {
        armed = false;
        CoTaskMemFree(CoTaskMemAlloc(53));
        result = CoRevokeMallocSpy();
      }
      return pRequest;
    }
    bool armed = false;
    HRESULT result = S_OK;
  };
  revoking spy(how);
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  CoTaskMemFree(CoTaskMemAlloc(27));
  void* block = CoTaskMemAlloc(27);
  spy.armed = true;
  CoTaskMemFree(block);
  CHECK(spy.result == E_ACCESSDENIED);
  CHECK(spy.references() == 0);
  CHECK(CoRevokeMallocSpy() == CO_E_OBJNOTREG);
}

namespace {

// Registers itself while it is constructed, when what derives from it is not there yet.
struct registers_itself : overrides_pre_alloc {
  explicit registers_itself(spy_calls how) : overrides_pre_alloc(how) {
    CoRegisterMallocSpy(this);
    CoTaskMemFree(CoTaskMemAlloc(27));
    CoTaskMemFree(CoTaskMemAlloc(27));
  }
};
struct overrides_more : registers_itself {
  using registers_itself::registers_itself;
  void* STDMETHODCALLTYPE PostAlloc(void* pActual) override {
    ++seen.post_alloc;
    return pActual;
  }
  void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL) override {
    ++seen.pre_free;
    return pRequest;
  }
  void STDMETHODCALLTYPE PostFree(BOOL) override {
    ++seen.post_free;
  }
};

} // namespace

TEST_CASE("a spy that is registered in a constructor gets the calls that derived classes override") {
  const spy_calls how = GENERATE(spy_calls::serialised, spy_calls::concurrent);
  overrides_more spy(how);
  CHECK(spy.seen.pre_alloc == 2);
  CHECK(spy.seen.post_alloc == 0); // it did not override that then
  for (int i = 0; i < 3; ++i) {
    CoTaskMemFree(CoTaskMemAlloc(27));
    CoTaskMemFree(CoTaskMemAlloc(5000));
  }
  CHECK(spy.seen.pre_alloc == 8);
  CHECK(spy.seen.post_alloc == 6);
  CHECK(spy.seen.pre_free == 6);
  CHECK(spy.seen.post_free == 6);
  CHECK(CoRevokeMallocSpy() == S_OK);
}

TEST_CASE("a spy that holds a spy_base, and asks that one what it is asked, gets every call") {
  struct holding : spy_base {
    explicit holding(spy_base& inner) : m_inner(inner) {}
    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void** ppvObject) override {
      const HRESULT result = m_inner.QueryInterface(riid, ppvObject);
      if (riid == IID_IMallocSpy && SUCCEEDED(result)) {
        m_inner.Release();
        AddRef();
        *ppvObject = static_cast<IMallocSpy*>(this);
      }
      return result;
    }
    void STDMETHODCALLTYPE PostFree(BOOL) override {
      ++frees;
    }
    int frees = 0;

  private:
    spy_base& m_inner;
  };
  spy_base inner(spy_calls::concurrent);
  holding spy(inner);
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  for (int i = 0; i < 5; ++i) {
    CoTaskMemFree(CoTaskMemAlloc(27));
  }
  CHECK(spy.frees == 5);
  CHECK(CoRevokeMallocSpy() == S_OK);
}

TEST_CASE("spies that override little come and go while eight threads allocate, and every block is accounted for") {
  overrides_nothing nothing(spy_calls::concurrent);
  overrides_both_pre both(spy_calls::concurrent);
  overrides_pre_free serialised(spy_calls::serialised);
  overrides_post_free post(spy_calls::concurrent);
  spy_base* const all[] = {&nothing, &both, &serialised, &post};
  std::atomic<bool> stop{false};
  std::atomic<int> faults{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        for (SIZE_T size = 1; size < 500; size += 61) {
          void* p = CoTaskMemAlloc(size);
          faults += requested_size(p) == size ? 0 : 1;
          CoTaskMemFree(p);
        }
        std::this_thread::yield();
      }
    });
  }
  int registered = 0;
  for (std::size_t round = 0; round < 2000 || registered < 300; ++round) {
    const bool mine = CoRegisterMallocSpy(all[round % 4]) == S_OK;
    registered += mine ? 1 : 0;
    if (mine && all[round % 4] == &both && round % 64 == 1) { // now and then until it has seen something
      const long before = both.seen.pre_alloc;
      while (both.seen.pre_alloc == before) {
        std::this_thread::yield();
      }
    }
    CoRevokeMallocSpy();
  }
  stop = true;
  for (std::thread& thread : threads) {
    thread.join();
  }
  const HRESULT last = CoRevokeMallocSpy();
  CHECK((last == S_OK || last == CO_E_OBJNOTREG)); // no block is counted that is not there
  CHECK(CoRevokeMallocSpy() == CO_E_OBJNOTREG);
  CHECK(faults == 0);
  CHECK(both.seen.pre_alloc > 0);
  for (const spy_base* spy : all) {
    CHECK(spy->references() == 0);
  }
}
