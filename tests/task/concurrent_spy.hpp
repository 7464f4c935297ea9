// SPDX-License-Identifier: MIT
// A pass-through spy that says it may be called from any thread at once, and notices any call after its release.
#pragma once

#include "support/pass_through_spy.hpp"

#include <atomic>

namespace test {

class concurrent_spy : public pass_through_spy {
public:
  mallocspy::HRESULT STDMETHODCALLTYPE QueryInterface(mallocspy::REFIID riid, void** ppvObject) override {
    if (riid == mallocspy::IID_IConcurrentMallocSpy) {
      ++marker_queries;
      *ppvObject = static_cast<mallocspy::IMallocSpy*>(this);
      AddRef();
      return mallocspy::S_OK;
    }
    return pass_through_spy::QueryInterface(riid, ppvObject);
  }
  mallocspy::ULONG STDMETHODCALLTYPE Release() override {
    const mallocspy::ULONG left = pass_through_spy::Release();
    if (left == 1) { // only the test's own is left
      ++releases;
    }
    return left;
  }

  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override {
    called();
    ++inside;
    on_pre_alloc(cbRequest);
    return cbRequest;
  }
  void* STDMETHODCALLTYPE PostAlloc(void* pActual) override {
    called();
    --inside;
    return pActual;
  }
  void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL fSpyed) override {
    called();
    ++(fSpyed == mallocspy::TRUE ? freed_spied : freed_unspied);
    return pRequest;
  }
  void STDMETHODCALLTYPE PostFree(BOOL) override {
    called();
    on_post_free();
  }

  std::atomic<int> marker_queries{0};
  std::atomic<int> releases{0};
  std::atomic<int> called_after_release{0};
  std::atomic<int> inside{0};
  std::atomic<long> freed_spied{0};
  std::atomic<long> freed_unspied{0};

protected:
  virtual void on_pre_alloc(SIZE_T) {}
  virtual void on_post_free() {}

private:
  // The references tell, not a flag: the spy may be registered again while the Release of its last registration is still on
  // its way, and a flag would then be set too late.
  void called() {
    called_after_release += references == 1 ? 1 : 0;
  }
};

} // namespace test
