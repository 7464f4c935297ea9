// SPDX-License-Identifier: MIT
// A spy that lets everything through, to override what a test needs. Counts references; is a local variable as a rule.
#pragma once

#include <atomic>
#include <mallocspy/contract/contract.hpp>

namespace test {

class pass_through_spy : public mallocspy::IMallocSpy {
public:
  using BOOL = mallocspy::BOOL;
  using SIZE_T = mallocspy::SIZE_T;

  virtual ~pass_through_spy() = default;

  mallocspy::HRESULT STDMETHODCALLTYPE QueryInterface(mallocspy::REFIID riid, void** ppvObject) override {
    if (riid == mallocspy::IID_IUnknown || riid == mallocspy::IID_IMallocSpy) {
      *ppvObject = static_cast<mallocspy::IMallocSpy*>(this);
      AddRef();
      return mallocspy::S_OK;
    }
    *ppvObject = nullptr;
    return mallocspy::E_NOINTERFACE;
  }
  mallocspy::ULONG STDMETHODCALLTYPE AddRef() override {
    return ++references;
  }
  mallocspy::ULONG STDMETHODCALLTYPE Release() override {
    return --references;
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

  std::atomic<mallocspy::ULONG> references{1};
};

} // namespace test
