// SPDX-License-Identifier: MIT
// COM code as it is written for Windows: an object that hands out memory, which its caller frees with CoTaskMemFree.
#include <cstdio>
#include <cstring>
#include <mallocspy/win32.hpp>

class CGreeter : public IUnknown {
public:
  STDMETHODIMP QueryInterface(REFIID riid, void** ppv) override {
    if (!IsEqualIID(riid, IID_IUnknown)) {
      *ppv = nullptr;
      return E_NOINTERFACE;
    }
    *ppv = this;
    AddRef();
    return S_OK;
  }
  STDMETHODIMP_(ULONG) AddRef() override {
    return ++m_cRef;
  }
  STDMETHODIMP_(ULONG) Release() override {
    const ULONG cRef = --m_cRef;
    if (cRef == 0) {
      delete this;
    }
    return cRef;
  }
  STDMETHOD(GetGreeting)(const char* pszName, char** ppszText) {
    const SIZE_T cb = std::strlen(pszName) + sizeof "Hello, ";
    *ppszText = static_cast<char*>(CoTaskMemAlloc(cb));
    if (*ppszText == nullptr) {
      return E_OUTOFMEMORY;
    }
    std::snprintf(*ppszText, cb, "Hello, %s", pszName);
    return S_OK;
  }

private:
  virtual ~CGreeter() = default;
  ULONG m_cRef = 1;
};

int main() {
  auto* pGreeter = new CGreeter;
  char* pszText = nullptr;
  LPMALLOC pMalloc = nullptr;
  if (FAILED(CoGetMalloc(MEMCTX_TASK, &pMalloc)) || FAILED(pGreeter->GetGreeting("world", &pszText))) {
    return 1;
  }
  std::printf("%s: %zu bytes\n", pszText, pMalloc->GetSize(pszText));
  const bool right = std::strcmp(pszText, "Hello, world") == 0 && pMalloc->GetSize(pszText) == 13;
  CoTaskMemFree(pszText);
  pMalloc->Release();
  return right && pGreeter->Release() == 0 ? 0 : 1;
}
