// SPDX-License-Identifier: MIT
// A spy that passes everything through: counts the live blocks and their bytes, notes the request of each hook, and refuses
// to allocate when told to.
#pragma once

#include <mallocspy/mallocspy.hpp>
#include <map>
#include <string>

namespace mallocspy::tests {

class observing_spy final : public IMallocSpy {
public:
  // What was asked for, at the last hook that began an operation.
  struct observed {
    std::string hook;
    std::size_t size = 0;
    request_info request{};
  };

  bool refuses = false;
  observed last;
  std::size_t allocations = 0;
  std::map<void*, std::size_t> live;

  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void** ppvObject) override {
    if (riid == IID_IMallocSpy || riid == IID_IUnknown) {
      *ppvObject = static_cast<IMallocSpy*>(this);
      return S_OK;
    }
    *ppvObject = nullptr;
    return E_NOINTERFACE;
  }
  ULONG STDMETHODCALLTYPE AddRef() override {
    return 2;
  }
  ULONG STDMETHODCALLTYPE Release() override {
    return 1;
  }

  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override {
    begin("PreAlloc", cbRequest);
    m_size = cbRequest;
    return refuses ? 0 : cbRequest;
  }
  void* STDMETHODCALLTYPE PostAlloc(void* pActual) override {
    return born(pActual);
  }
  void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL) override {
    begin("PreFree", 0);
    live.erase(pRequest);
    return pRequest;
  }
  void STDMETHODCALLTYPE PostFree(BOOL) override {}
  SIZE_T STDMETHODCALLTYPE PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL) override {
    begin("PreRealloc", cbRequest);
    *ppNewRequest = pRequest;
    m_old = pRequest;
    m_size = cbRequest;
    return refuses ? 0 : cbRequest;
  }
  void* STDMETHODCALLTYPE PostRealloc(void* pActual, BOOL) override {
    if (pActual != nullptr) {
      live.erase(m_old);
    }
    return born(pActual);
  }
  void* STDMETHODCALLTYPE PreGetSize(void* pRequest, BOOL) override {
    begin("PreGetSize", 0);
    return pRequest;
  }
  SIZE_T STDMETHODCALLTYPE PostGetSize(SIZE_T cbActual, BOOL) override {
    return cbActual;
  }
  void* STDMETHODCALLTYPE PreDidAlloc(void* pRequest, BOOL) override {
    begin("PreDidAlloc", 0);
    return pRequest;
  }
  int STDMETHODCALLTYPE PostDidAlloc(void*, BOOL, int fActual) override {
    return fActual;
  }
  void STDMETHODCALLTYPE PreHeapMinimize() override {}
  void STDMETHODCALLTYPE PostHeapMinimize() override {}

private:
  void begin(const char* hook, std::size_t size) {
    last = {hook, size, current_request()};
  }
  void* born(void* p) {
    if (p != nullptr) {
      ++allocations;
      live[p] = m_size;
    }
    return p;
  }

  std::size_t m_size = 0;
  void* m_old = nullptr;
};

} // namespace mallocspy::tests
