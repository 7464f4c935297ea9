// SPDX-License-Identifier: MIT
// A spy made of functions: give it those that you need.
// source: ours
#pragma once

#include <functional>
#include <mallocspy/spies/spy_base.hpp>

namespace mallocspy {

// Each hook of IMallocSpy is a member; one that is empty passes everything through. Same arguments, same returns, same
// rules: a function must not throw, and what it allocates from the task allocator is spied too.
//
// threads: set the functions before registration. Those of a serialised spy are called one at a time; a concurrent spy's
//   are called from any thread at once
class lambda_spy : public spy_base {
public:
  explicit lambda_spy(spy_calls how = spy_calls::serialised) noexcept : spy_base(how) {}

  std::function<SIZE_T(SIZE_T cbRequest)> pre_alloc;
  std::function<void*(void* pActual)> post_alloc;
  std::function<void*(void* pRequest, BOOL fSpyed)> pre_free;
  std::function<void(BOOL fSpyed)> post_free;
  std::function<SIZE_T(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL fSpyed)> pre_realloc;
  std::function<void*(void* pActual, BOOL fSpyed)> post_realloc;
  std::function<void*(void* pRequest, BOOL fSpyed)> pre_get_size;
  std::function<SIZE_T(SIZE_T cbActual, BOOL fSpyed)> post_get_size;
  std::function<void*(void* pRequest, BOOL fSpyed)> pre_did_alloc;
  std::function<int(void* pRequest, BOOL fSpyed, int fActual)> post_did_alloc;
  std::function<void()> pre_heap_minimize;
  std::function<void()> post_heap_minimize;

  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override {
    return pre_alloc ? pre_alloc(cbRequest) : cbRequest;
  }
  void* STDMETHODCALLTYPE PostAlloc(void* pActual) override {
    return post_alloc ? post_alloc(pActual) : pActual;
  }
  void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL fSpyed) override {
    return pre_free ? pre_free(pRequest, fSpyed) : pRequest;
  }
  void STDMETHODCALLTYPE PostFree(BOOL fSpyed) override {
    if (post_free) {
      post_free(fSpyed);
    }
  }
  SIZE_T STDMETHODCALLTYPE PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL fSpyed) override {
    *ppNewRequest = pRequest;
    return pre_realloc ? pre_realloc(pRequest, cbRequest, ppNewRequest, fSpyed) : cbRequest;
  }
  void* STDMETHODCALLTYPE PostRealloc(void* pActual, BOOL fSpyed) override {
    return post_realloc ? post_realloc(pActual, fSpyed) : pActual;
  }
  void* STDMETHODCALLTYPE PreGetSize(void* pRequest, BOOL fSpyed) override {
    return pre_get_size ? pre_get_size(pRequest, fSpyed) : pRequest;
  }
  SIZE_T STDMETHODCALLTYPE PostGetSize(SIZE_T cbActual, BOOL fSpyed) override {
    return post_get_size ? post_get_size(cbActual, fSpyed) : cbActual;
  }
  void* STDMETHODCALLTYPE PreDidAlloc(void* pRequest, BOOL fSpyed) override {
    return pre_did_alloc ? pre_did_alloc(pRequest, fSpyed) : pRequest;
  }
  int STDMETHODCALLTYPE PostDidAlloc(void* pRequest, BOOL fSpyed, int fActual) override {
    return post_did_alloc ? post_did_alloc(pRequest, fSpyed, fActual) : fActual;
  }
  void STDMETHODCALLTYPE PreHeapMinimize() override {
    if (pre_heap_minimize) {
      pre_heap_minimize();
    }
  }
  void STDMETHODCALLTYPE PostHeapMinimize() override {
    if (post_heap_minimize) {
      post_heap_minimize();
    }
  }
};

} // namespace mallocspy
