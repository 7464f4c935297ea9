// SPDX-License-Identifier: MIT
// The process-wide IMalloc, and the three functions on it.
#include "task/operations.hpp"

#include <mallocspy/task/task_memory.hpp>

namespace mallocspy {

namespace {

class task_allocator final : public IMalloc {
public:
  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void** ppvObject) override {
    if (ppvObject == nullptr) {
      return E_POINTER;
    }
    if (riid == IID_IUnknown || riid == IID_IMalloc) {
      *ppvObject = this;
      return S_OK;
    }
    *ppvObject = nullptr;
    return E_NOINTERFACE;
  }

  // Never destroyed, so nothing is counted. The numbers are those that clients of other implementations have seen.
  ULONG STDMETHODCALLTYPE AddRef() override {
    return 2;
  }
  ULONG STDMETHODCALLTYPE Release() override {
    return 1;
  }

  void* STDMETHODCALLTYPE Alloc(SIZE_T cb) override {
    return task::alloc(cb);
  }
  void* STDMETHODCALLTYPE Realloc(void* pv, SIZE_T cb) override {
    return task::realloc(pv, cb);
  }
  void STDMETHODCALLTYPE Free(void* pv) override {
    task::free(pv);
  }
  SIZE_T STDMETHODCALLTYPE GetSize(void* pv) override {
    return task::get_size(pv);
  }
  int STDMETHODCALLTYPE DidAlloc(void* pv) override {
    return task::did_alloc(pv);
  }
  void STDMETHODCALLTYPE HeapMinimize() override {
    task::heap_minimize();
  }
};

// Constant-initialised and without a destructor: usable before main and in the last destructor.
task_allocator the_task_allocator;

} // namespace

HRESULT CoGetMalloc(DWORD dwMemContext, IMalloc** ppMalloc) {
  if (ppMalloc == nullptr) {
    return E_INVALIDARG;
  }
  if (dwMemContext != MEMCTX_TASK) {
    *ppMalloc = nullptr;
    return E_INVALIDARG;
  }
  *ppMalloc = &the_task_allocator;
  return S_OK;
}

LPVOID CoTaskMemAlloc(SIZE_T cb) {
  return task::alloc(cb);
}

LPVOID CoTaskMemRealloc(LPVOID pv, SIZE_T cb) {
  return task::realloc(pv, cb);
}

void CoTaskMemFree(LPVOID pv) {
  task::free(pv);
}

} // namespace mallocspy
