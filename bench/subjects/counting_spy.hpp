// SPDX-License-Identifier: MIT
// A spy that counts allocations, bytes and frees for each thread, and says that it may be called from any thread at once.
#pragma once

#include "subjects/pass_through_spy.hpp"

#include <cstdint>

namespace mallocspy::bench {

class counting_spy final : public hooks_that_pass {
public:
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

  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void** ppvObject) override {
    if (riid == IID_IConcurrentMallocSpy) {
      *ppvObject = this;
      return S_OK;
    }
    return hooks_that_pass::QueryInterface(riid, ppvObject);
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
};

} // namespace mallocspy::bench
