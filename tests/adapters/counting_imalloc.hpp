// SPDX-License-Identifier: MIT
// An IMalloc of its own, over malloc: the adapters must not take the task allocator for granted.
#pragma once

#include <cstdlib>
#include <mallocspy/contract/contract.hpp>

namespace test {

class counting_imalloc final : public mallocspy::IMalloc {
public:
  virtual ~counting_imalloc() = default;

  long references = 1;
  long live = 0;
  std::size_t last_size = 0;
  bool refuses = false;

  mallocspy::HRESULT STDMETHODCALLTYPE QueryInterface(mallocspy::REFIID, void** ppvObject) override {
    *ppvObject = nullptr;
    return mallocspy::E_NOINTERFACE;
  }
  mallocspy::ULONG STDMETHODCALLTYPE AddRef() override {
    return static_cast<mallocspy::ULONG>(++references);
  }
  mallocspy::ULONG STDMETHODCALLTYPE Release() override {
    return static_cast<mallocspy::ULONG>(--references);
  }
  void* STDMETHODCALLTYPE Alloc(mallocspy::SIZE_T cb) override {
    last_size = cb;
    void* block = refuses ? nullptr : std::malloc(cb < 16 ? 16 : cb); // mimalloc aligns less to 8
    live += block == nullptr ? 0 : 1;
    return block;
  }
  void* STDMETHODCALLTYPE Realloc(void* pv, mallocspy::SIZE_T cb) override {
    return std::realloc(pv, cb);
  }
  void STDMETHODCALLTYPE Free(void* pv) override {
    live -= pv == nullptr ? 0 : 1;
    std::free(pv);
  }
  mallocspy::SIZE_T STDMETHODCALLTYPE GetSize(void*) override {
    return static_cast<mallocspy::SIZE_T>(-1);
  }
  int STDMETHODCALLTYPE DidAlloc(void*) override {
    return -1;
  }
  void STDMETHODCALLTYPE HeapMinimize() override {}
};

} // namespace test
