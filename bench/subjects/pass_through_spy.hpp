// SPDX-License-Identifier: MIT
// A spy that changes nothing and keeps nothing: what remains is the cost of being called. And what other spies here start
// from.
#pragma once

#include <mallocspy/contract/contract.hpp>

namespace mallocspy::bench {

class hooks_that_pass : public IMallocSpy {
public:
  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void** ppvObject) override {
    const bool known = riid == IID_IUnknown || riid == IID_IMallocSpy;
    *ppvObject = known ? this : nullptr;
    return known ? S_OK : E_NOINTERFACE;
  }
  // Lives longer than its registration, so nothing is counted.
  ULONG STDMETHODCALLTYPE AddRef() override {
    return 2;
  }
  ULONG STDMETHODCALLTYPE Release() override {
    return 1;
  }

  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override {
    return cbRequest;
  }
  void* STDMETHODCALLTYPE PostAlloc(void* pActual) override {
    return pActual;
  }
  void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL) override {
    return pRequest;
  }
  void STDMETHODCALLTYPE PostFree(BOOL) override {}
  SIZE_T STDMETHODCALLTYPE PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL) override {
    *ppNewRequest = pRequest;
    return cbRequest;
  }
  void* STDMETHODCALLTYPE PostRealloc(void* pActual, BOOL) override {
    return pActual;
  }
  void* STDMETHODCALLTYPE PreGetSize(void* pRequest, BOOL) override {
    return pRequest;
  }
  SIZE_T STDMETHODCALLTYPE PostGetSize(SIZE_T cbActual, BOOL) override {
    return cbActual;
  }
  void* STDMETHODCALLTYPE PreDidAlloc(void* pRequest, BOOL) override {
    return pRequest;
  }
  int STDMETHODCALLTYPE PostDidAlloc(void*, BOOL, int fActual) override {
    return fActual;
  }
  void STDMETHODCALLTYPE PreHeapMinimize() override {}
  void STDMETHODCALLTYPE PostHeapMinimize() override {}

protected:
  ~hooks_that_pass() = default;
};

class pass_through_spy final : public hooks_that_pass {};

} // namespace mallocspy::bench
