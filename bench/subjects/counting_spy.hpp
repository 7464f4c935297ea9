// SPDX-License-Identifier: MIT
// A spy that counts allocations, bytes and frees for each thread, and says that it may be called from any thread at once:
// once as a class of its own, and once derived from spy_base, as a program would write it.
#pragma once

#include "subjects/pass_through_spy.hpp"

#include <cstdint>
#include <mallocspy/spies.hpp>

namespace mallocspy::bench {

template <class Base> class counting_hooks : public Base {
public:
  using Base::Base;

  // What one thread did. Nobody else writes it, and each thread's lies on a cache line of its own.
  struct alignas(64) counts {
    std::uint64_t allocations;
    std::uint64_t bytes;
    std::uint64_t frees;
  };

  // returns: the calling thread's
  static counts& of_this_thread() noexcept {
    static thread_local counts mine;
    return mine;
  }

  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override {
    counts& mine = of_this_thread();
    ++mine.allocations;
    mine.bytes += cbRequest;
    return cbRequest;
  }
  void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL) override {
    ++of_this_thread().frees;
    return pRequest;
  }

protected:
  ~counting_hooks() = default;
};

class counting_spy final : public counting_hooks<hooks_that_pass> {
public:
  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void** ppvObject) override {
    if (riid == IID_IConcurrentMallocSpy) {
      *ppvObject = this;
      return S_OK;
    }
    return hooks_that_pass::QueryInterface(riid, ppvObject);
  }
};

// What remains of a spy's cost where no hook of an allocation or a free is called.
class spy_without_hooks final : public spy_base {
public:
  spy_without_hooks() : spy_base(spy_calls::concurrent) {}
};

class derived_counting_spy final : public counting_hooks<spy_base> {
public:
  derived_counting_spy() : counting_hooks(spy_calls::concurrent) {}
};

} // namespace mallocspy::bench
