// SPDX-License-Identifier: MIT
// An IMalloc of a user's own, from the headers alone, in a process that has no mallocspy and no mimalloc.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <mallocspy/contract/contract.hpp>

namespace {

using namespace mallocspy;

class own_malloc final : public IMalloc {
public:
  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void** ppvObject) override {
    const bool known = riid == IID_IMalloc || riid == IID_IUnknown;
    *ppvObject = known ? this : nullptr;
    return known ? S_OK : E_NOINTERFACE;
  }
  ULONG STDMETHODCALLTYPE AddRef() override {
    return 2;
  }
  ULONG STDMETHODCALLTYPE Release() override {
    return 1;
  }
  void* STDMETHODCALLTYPE Alloc(SIZE_T cb) override {
    return std::malloc(cb);
  }
  void* STDMETHODCALLTYPE Realloc(void* pv, SIZE_T cb) override {
    return std::realloc(pv, cb);
  }
  void STDMETHODCALLTYPE Free(void* pv) override {
    std::free(pv);
  }
  SIZE_T STDMETHODCALLTYPE GetSize(void*) override {
    return static_cast<SIZE_T>(-1);
  }
  int STDMETHODCALLTYPE DidAlloc(void*) override {
    return -1;
  }
  void STDMETHODCALLTYPE HeapMinimize() override {}
};

} // namespace

int main() {
  own_malloc mine;
  void* answer = nullptr;
  if (mine.QueryInterface(IID_IMalloc, &answer) != S_OK || mine.QueryInterface(IID_IMallocSpy, &answer) != E_NOINTERFACE) {
    return 1;
  }
  IMalloc& heap = mine;
  void* block = heap.Alloc(53);
  std::memset(block, 1, 53);
  heap.Free(block);
  const bool alone = dlsym(RTLD_DEFAULT, "mallocspy_alloc") == nullptr && dlsym(RTLD_DEFAULT, "mi_malloc") == nullptr;
  std::puts(alone ? "nothing else is linked" : "a library came along");
  return alone ? 0 : 1;
}
