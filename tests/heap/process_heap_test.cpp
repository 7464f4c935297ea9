// SPDX-License-Identifier: MIT
// The process heap beside the task allocator and under spies: decisions 4 and 50.
#include "heap/some_heap.hpp"
#include "support/counted_spy.hpp"
#include "support/header_spy.hpp"
#include "support/on_another_thread.hpp"
#include "support/recording_spy.hpp"
#include "support/ref.hpp"

#include <mallocspy/mallocspy.hpp>
#include <thread>
#include <vector>

using namespace mallocspy;
using namespace mallocspy::tests;
using support::calls;
using support::header_spy;
using support::make_ref;
using support::no_calls;
using support::recording_spy;

namespace {

HANDLE process_heap = GetProcessHeap();

// A spy that is called without the lock.
class concurrent_header_spy final : public header_spy {
public:
  using header_spy::header_spy;
  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void** ppvObject) override {
    if (riid == IID_IConcurrentMallocSpy) {
      *ppvObject = static_cast<IMallocSpy*>(this);
      AddRef();
      return S_OK;
    }
    return header_spy::QueryInterface(riid, ppvObject);
  }
};

BOOL spyed_when_freed = 2;

class watching_spy final : public header_spy {
public:
  using header_spy::header_spy;
  void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL fSpyed) override {
    spyed_when_freed = fSpyed;
    return header_spy::PreFree(pRequest, fSpyed);
  }
};

} // namespace

TEST_CASE("decision 4: the task allocator's blocks are the process heap's", "[heap][process]") {
  for (const SIZE_T size : {SIZE_T{0}, SIZE_T{1}, SIZE_T{27}, SIZE_T{4096}, SIZE_T{1} << 20}) {
    void* p = CoTaskMemAlloc(size);
    CHECK(HeapSize(process_heap, 0, p) == size);
    CHECK(HeapValidate(process_heap, 0, p));
    p = HeapReAlloc(process_heap, 0, p, size + 100);
    CHECK(requested_size(p) == size + 100);
    CHECK(HeapFree(process_heap, 0, p));
    CHECK_FALSE(owns(p));

    p = HeapAlloc(process_heap, 0, size);
    CHECK(owns(p));
    CHECK(requested_size(p) == size);
    p = CoTaskMemRealloc(p, size + 100);
    CHECK(HeapSize(process_heap, 0, p) == size + 100);
    CoTaskMemFree(p);
    CHECK(HeapSize(process_heap, 0, p) == no_size);
  }
}

TEST_CASE("heap functions are never spied, and their blocks are unspied", "[heap][process]") {
  const auto spy = make_ref<recording_spy>(support::header_16);
  REQUIRE(CoRegisterMallocSpy(spy.get()) == S_OK);
  void* p = HeapAlloc(process_heap, HEAP_ZERO_MEMORY, 53);
  p = HeapReAlloc(process_heap, 0, p, 5003);
  CHECK(HeapSize(process_heap, 0, p) == 5003);
  CHECK(HeapValidate(process_heap, 0, p));
  CHECK(HeapValidate(process_heap, 0, nullptr));
  HeapCompact(process_heap, 0);
  CHECK(HeapFree(process_heap, 0, p));
  p = HeapAlloc(process_heap, 0, 119);
  CHECK(spy->take() == no_calls);

  spy->name("a", p, 119);
  CoTaskMemFree(p);
  CHECK(spy->take() == calls{"PreFree(a,F)->a", "PostFree(F)"});
  CHECK(CoRevokeMallocSpy() == S_OK);
}

TEST_CASE("decision 50: HeapFree takes the client pointers inside a block out of the set", "[heap][process]") {
  // 0 and 16: a mark in the map; 1, 7 and 24: in the side table.
  for (const SIZE_T header : {SIZE_T{0}, SIZE_T{16}, SIZE_T{1}, SIZE_T{7}, SIZE_T{24}}) {
    for (const bool concurrent : {false, true}) {
      INFO("header " << header << ", concurrent " << concurrent);
      header_spy classic(header);
      concurrent_header_spy open(header);
      header_spy& spy = concurrent ? open : classic;
      REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
      for (const SIZE_T size : {SIZE_T{0}, SIZE_T{1}, SIZE_T{53}, SIZE_T{496}, SIZE_T{70001}}) {
        void* q = CoTaskMemAlloc(size);
        REQUIRE(q != nullptr);
        CHECK(CoRevokeMallocSpy() == E_ACCESSDENIED); // it counts
        CHECK(HeapFree(process_heap, 0, at(q, -static_cast<std::ptrdiff_t>(header))));
        // The pending revocation has completed.
        CHECK(CoRevokeMallocSpy() == CO_E_OBJNOTREG);
        CHECK(spy.references() == 1);
        REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
      }
      CHECK(CoRevokeMallocSpy() == S_OK);
    }
  }
}

TEST_CASE("decision 50: only what is inside goes", "[heap][process]") {
  for (const SIZE_T header : {SIZE_T{0}, SIZE_T{16}, SIZE_T{7}}) {
    header_spy spy(header);
    REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
    std::vector<void*> clients;
    for (int i = 0; i < 30; ++i) {
      clients.push_back(CoTaskMemAlloc(48));
    }
    for (std::size_t i = 0; i < clients.size(); i += 2) {
      CHECK(HeapFree(process_heap, 0, at(clients[i], -static_cast<std::ptrdiff_t>(header))));
    }
    CHECK(CoRevokeMallocSpy() == E_ACCESSDENIED);
    for (std::size_t i = 1; i < clients.size(); i += 2) {
      CHECK(CoRevokeMallocSpy() == E_ACCESSDENIED);
      CoTaskMemFree(clients[i]); // through the spy, which takes its header off
    }
    CHECK(CoRevokeMallocSpy() == CO_E_OBJNOTREG);
    CHECK(spy.references() == 1);
  }
}

TEST_CASE("decision 50: HeapReAlloc does the same when it moves a block, and only then", "[heap][process]") {
  for (const SIZE_T header : {SIZE_T{0}, SIZE_T{16}, SIZE_T{7}}) {
    header_spy spy(header);
    REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
    void* q = CoTaskMemAlloc(119);
    void* raw = at(q, -static_cast<std::ptrdiff_t>(header));
    CHECK(HeapReAlloc(process_heap, 0, raw, 100) == raw);
    CHECK(HeapReAlloc(process_heap, HEAP_REALLOC_IN_PLACE_ONLY, raw, 1 << 20) == nullptr);
    CHECK(HeapReAlloc(process_heap, 0, raw, SIZE_MAX / 2) == nullptr);
    CHECK(CoRevokeMallocSpy() == E_ACCESSDENIED);
    void* moved = HeapReAlloc(process_heap, 0, raw, 1 << 20);
    REQUIRE(moved != nullptr);
    REQUIRE(moved != raw);
    CHECK(CoRevokeMallocSpy() == CO_E_OBJNOTREG);
    CHECK(spy.references() == 1);
    CHECK(HeapSize(process_heap, 0, moved) == 1 << 20);
    CHECK(HeapFree(process_heap, 0, moved));
  }
}

TEST_CASE("decision 50: a block shrunk in place takes its client pointers along even so", "[heap][process]") {
  header_spy spy(64);
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  void* q = CoTaskMemAlloc(53);
  void* raw = at(q, -64);
  CHECK(HeapReAlloc(process_heap, 0, raw, 5) == raw); // q lies behind its end now
  CHECK(CoRevokeMallocSpy() == E_ACCESSDENIED);
  CHECK(HeapFree(process_heap, 0, raw));
  CHECK(CoRevokeMallocSpy() == CO_E_OBJNOTREG);
}

TEST_CASE("a block made by HeapAlloc and freed under a spy is unspied, where a spied one lay before", "[heap][process]") {
  watching_spy spy(0);
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  for (int i = 0; i < 100; ++i) {
    void* q = CoTaskMemAlloc(53);
    CHECK(HeapFree(process_heap, 0, q));
    void* p = HeapAlloc(process_heap, 0, 53);
    CoTaskMemFree(p);
    CHECK(spyed_when_freed == FALSE);
  }
  CHECK(CoRevokeMallocSpy() == S_OK);
}

namespace {

// Frees another block than the one that it was asked to free.
class swapping_spy final : public header_spy {
public:
  swapping_spy() : header_spy(0) {}
  void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL) override {
    return pRequest == asked ? instead : pRequest;
  }
  void* asked = nullptr;
  void* instead = nullptr;
};

} // namespace

TEST_CASE("a client pointer that outlived its raw block is not lost to a block of HeapAlloc", "[heap][process]") {
  swapping_spy spy;
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  spy.asked = CoTaskMemAlloc(53);
  spy.instead = CoTaskMemAlloc(53);
  CoTaskMemFree(spy.asked); // the other block goes, its client pointer stays in the set
  std::vector<void*> blocks;
  while (blocks.size() < 100000 && (blocks.empty() || blocks.back() != spy.instead)) {
    blocks.push_back(HeapAlloc(process_heap, 0, 53));
  }
  CHECK(blocks.back() == spy.instead);
  CHECK(CoRevokeMallocSpy() == E_ACCESSDENIED);
  for (void* p : blocks) {
    CHECK(HeapFree(process_heap, 0, p));
  }
  CHECK(CoRevokeMallocSpy() == CO_E_OBJNOTREG); // it went with the block that lay there
  CHECK(spy.references() == 1);
  CHECK(HeapFree(process_heap, 0, spy.asked));
}

TEST_CASE("the process heap is locked and unlocked around registrations", "[heap][process]") {
  header_spy spy(16);
  REQUIRE(HeapLock(process_heap));
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  CHECK(CoRegisterMallocSpy(&spy) == CO_E_OBJISREG);
  void* q = CoTaskMemAlloc(53); // spied, by the owner
  CHECK(CoRevokeMallocSpy() == E_ACCESSDENIED);
  REQUIRE(HeapUnlock(process_heap));
  CoTaskMemFree(q);
  CHECK(CoRevokeMallocSpy() == CO_E_OBJNOTREG);

  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  REQUIRE(HeapLock(process_heap));
  CHECK(CoRevokeMallocSpy() == S_OK);
  CHECK(CoRevokeMallocSpy() == CO_E_OBJNOTREG);
  void* p = CoTaskMemAlloc(53); // unspied, while the lock is held
  CHECK(HeapSize(process_heap, 0, p) == 53);
  {
    const support::on_another_thread other([&] { CoTaskMemFree(p); });
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    CHECK(owns(p)); // it waits: the revocation has not opened the fast way
    REQUIRE(HeapUnlock(process_heap));
    CHECK(other.done());
  }
  CHECK_FALSE(owns(p));
}

namespace {

// A spy whose hook waits until a test lets it go on, then calls the allocator and the heap.
class slow_spy final : public header_spy {
public:
  explicit slow_spy(bool concurrent) : header_spy(0), m_concurrent(concurrent) {}
  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void** ppvObject) override {
    if (m_concurrent && riid == IID_IConcurrentMallocSpy) {
      *ppvObject = static_cast<IMallocSpy*>(this);
      AddRef();
      return S_OK;
    }
    return header_spy::QueryInterface(riid, ppvObject);
  }
  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override {
    if (cbRequest == 1190) {
      inside = true;
      while (!go_on) {
        std::this_thread::yield();
      }
      CoTaskMemFree(CoTaskMemAlloc(27));
      HeapFree(process_heap, 0, HeapReAlloc(process_heap, 0, HeapAlloc(process_heap, 0, 27), 5003));
      through = true;
    }
    return cbRequest;
  }
  std::atomic<bool> inside{false};
  std::atomic<bool> go_on{false};
  std::atomic<bool> through{false};

private:
  const bool m_concurrent;
};

} // namespace

TEST_CASE("a hook that began before the lock of the process heap finishes its calls", "[heap][process]") {
  slow_spy spy(true);
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  {
    const support::on_another_thread hooked([] { CoTaskMemFree(CoTaskMemAlloc(1190)); });
    while (!spy.inside) {
      std::this_thread::yield();
    }
    REQUIRE(HeapLock(process_heap));
    CoTaskMemFree(CoTaskMemAlloc(53));
    spy.go_on = true;
    // The call was under way: it ends with all that its hook calls, although the lock is held.
    const support::on_another_thread watch([&] {
      while (!spy.through) {
        std::this_thread::yield();
      }
    });
    CHECK(watch.done());
    spy.through = true; // so that the watch ends if it was not
    REQUIRE(HeapUnlock(process_heap));
    CHECK(hooked.done());
  }
  CHECK(CoRevokeMallocSpy() == S_OK);
}

TEST_CASE("a classic spy's hook may call the allocator while another thread waits for the lock", "[heap][process]") {
  slow_spy spy(false);
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  {
    const support::on_another_thread hooked([] { CoTaskMemFree(CoTaskMemAlloc(1190)); });
    while (!spy.inside) {
      std::this_thread::yield();
    }
    const support::on_another_thread owner([&] {
      HeapLock(process_heap);
      CoTaskMemFree(CoTaskMemAlloc(53)); // waits for the spy's lock, which the hook gives back after its nested calls
      HeapUnlock(process_heap);
    });
    spy.go_on = true;
    CHECK(owner.done());
    CHECK(hooked.done());
  }
  CHECK(CoRevokeMallocSpy() == S_OK);
}
