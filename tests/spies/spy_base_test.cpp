// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/dies.hpp"

#include <mallocspy/mallocspy.hpp>
#include <mallocspy/spies.hpp>

using namespace mallocspy;

namespace {

struct destruction_spy : spy_base {
  explicit destruction_spy(int& count) : destroyed(count) {}
  ~destruction_spy() override {
    ++destroyed;
  }
  int& destroyed;
};

HRESULT ask(IMallocSpy& spy, REFIID iid) {
  void* answer = &spy;
  const HRESULT result = spy.QueryInterface(iid, &answer);
  CHECK((answer != nullptr) == SUCCEEDED(result));
  if (answer != nullptr) {
    static_cast<IUnknown*>(answer)->Release();
  }
  return result;
}

} // namespace

TEST_CASE("a spy_base passes everything through") {
  spy_base spy;
  const scoped_spy registration(&spy);
  void* block = CoTaskMemAlloc(53);
  block = CoTaskMemRealloc(block, 119);
  IMalloc* allocator = nullptr;
  CoGetMalloc(MEMCTX_TASK, &allocator);
  CHECK(allocator->GetSize(block) == 119);
  CHECK(allocator->DidAlloc(block) == 1);
  CHECK(allocator->DidAlloc(&spy) == 0);
  allocator->HeapMinimize();
  CHECK(requested_size(block) == 119);
  CoTaskMemFree(block);
  void* nothing = CoTaskMemAlloc(0);
  CHECK(allocator->GetSize(nothing) == 0);
  CoTaskMemFree(nothing);
}

TEST_CASE("a spy answers for what it is") {
  spy_base serialised;
  spy_base concurrent(spy_calls::concurrent);
  CHECK(ask(serialised, IID_IUnknown) == S_OK);
  CHECK(ask(serialised, IID_IMallocSpy) == S_OK);
  CHECK(ask(serialised, IID_IConcurrentMallocSpy) == E_NOINTERFACE);
  CHECK(ask(concurrent, IID_IConcurrentMallocSpy) == S_OK);
  CHECK(ask(concurrent, IID_IMalloc) == E_NOINTERFACE);
  CHECK(serialised.QueryInterface(IID_IMallocSpy, nullptr) == E_POINTER);
  CHECK(serialised.references() == 0);
  CHECK(concurrent.references() == 0);
}

TEST_CASE("a reference is held for as long as a spy is registered") {
  spy_base spy(spy_calls::concurrent);
  CHECK(CoRegisterMallocSpy(&spy) == S_OK);
  CHECK(spy.references() == 1);
  void* block = CoTaskMemAlloc(53);
  CHECK(CoRevokeMallocSpy() == E_ACCESSDENIED);
  CHECK(spy.references() == 1);
  CoTaskMemFree(block);
  CHECK(spy.references() == 0);
}

TEST_CASE("a spy that is destroyed while it is registered says so and ends the program") {
  const auto destroy_early = [] {
    {
      spy_base spy;
      CoRegisterMallocSpy(&spy);
    }
    CoTaskMemFree(CoTaskMemAlloc(53));
  };
  CHECK(support::last_words(destroy_early) ==
        "SIGABRT: mallocspy: a spy is destroyed while it is registered, or blocks of it "
        "are alive: revoke it and free them first, or make it with make_spy\n");
}

TEST_CASE("a spy of make_spy lives as long as it is registered") {
  int destroyed = 0;
  void* block = nullptr;
  {
    const spy_ref<destruction_spy> spy = make_spy<destruction_spy>(destroyed);
    CHECK(spy->references() == 1);
    const scoped_spy registration(spy.get());
    block = CoTaskMemAlloc(53);
  }
  CHECK(destroyed == 0);
  CoTaskMemFree(block);
  CHECK(destroyed == 1);
  {
    spy_ref<destruction_spy> first = make_spy<destruction_spy>(destroyed);
    const spy_ref<destruction_spy> second = std::move(first);
    CHECK(first.get() == nullptr); // NOLINT(bugprone-use-after-move): that is the question
  }
  CHECK(destroyed == 2);
}
