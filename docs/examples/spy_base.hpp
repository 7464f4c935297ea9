// SPDX-License-Identifier: MIT
// A spy that changes nothing: all of IMallocSpy, so that an example overrides only the hooks that it is about.
#pragma once

#include <mallocspy/mallocspy.hpp>

class spy_base : public mallocspy::IMallocSpy {
public:
  // Behind the slots of the interface, where COM does not look.
  virtual ~spy_base() = default;

  mallocspy::HRESULT QueryInterface(mallocspy::REFIID riid, void** ppvObject) override {
    using namespace mallocspy;
    const bool known = riid == IID_IUnknown || riid == IID_IMallocSpy;
    *ppvObject = known ? this : nullptr;
    return known ? S_OK : E_NOINTERFACE;
  }
  // Not counted: the examples' spies are local variables that outlive their registration.
  mallocspy::ULONG AddRef() override {
    return 2;
  }
  mallocspy::ULONG Release() override {
    return 1;
  }

  std::size_t PreAlloc(std::size_t cbRequest) override {
    return cbRequest;
  }
  void* PostAlloc(void* pActual) override {
    return pActual;
  }
  void* PreFree(void* pRequest, mallocspy::BOOL) override {
    return pRequest;
  }
  void PostFree(mallocspy::BOOL) override {}
  std::size_t PreRealloc(void* pRequest, std::size_t cbRequest, void** ppNewRequest, mallocspy::BOOL) override {
    *ppNewRequest = pRequest;
    return cbRequest;
  }
  void* PostRealloc(void* pActual, mallocspy::BOOL) override {
    return pActual;
  }
  void* PreGetSize(void* pRequest, mallocspy::BOOL) override {
    return pRequest;
  }
  std::size_t PostGetSize(std::size_t cbActual, mallocspy::BOOL) override {
    return cbActual;
  }
  void* PreDidAlloc(void* pRequest, mallocspy::BOOL) override {
    return pRequest;
  }
  int PostDidAlloc(void*, mallocspy::BOOL, int fActual) override {
    return fActual;
  }
  void PreHeapMinimize() override {}
  void PostHeapMinimize() override {}
};
