// SPDX-License-Identifier: MIT
// Code as it stands in programs for Windows: a leak counter that is registered with COM, and a function that hands a string
// over to its caller. One include was exchanged; nothing is qualified.
#include <mallocspy/win32.hpp>

#include "win32_ported_code.hpp"

#include <cstring>

class CLeakSpy final : public IMallocSpy {
public:
  CLeakSpy() : m_cRef(1), m_cbRequest(0), m_cBlocks(0) {}

  // IUnknown
  STDMETHOD(QueryInterface)(REFIID riid, LPVOID* ppv) override {
    if (ppv == NULL) {
      return E_POINTER;
    }
    if (IsEqualIID(riid, IID_IUnknown) || IsEqualGUID(riid, IID_IMallocSpy)) {
      *ppv = static_cast<IMallocSpy*>(this);
      AddRef();
      return S_OK;
    }
    *ppv = NULL;
    return E_NOINTERFACE;
  }
  STDMETHOD_(ULONG, AddRef)() override {
    return ++m_cRef;
  }
  STDMETHOD_(ULONG, Release)() override {
    return --m_cRef;
  }

  // IMallocSpy
  STDMETHOD_(SIZE_T, PreAlloc)(SIZE_T cbRequest) override {
    m_cbRequest = cbRequest;
    return cbRequest + sizeof(header);
  }
  STDMETHOD_(LPVOID, PostAlloc)(LPVOID pActual) override {
    if (pActual == NULL) {
      return NULL;
    }
    static_cast<header*>(pActual)->cb = m_cbRequest;
    ++m_cBlocks;
    return static_cast<BYTE*>(pActual) + sizeof(header);
  }
  STDMETHOD_(LPVOID, PreFree)(LPVOID pRequest, BOOL fSpyed) override {
    if (fSpyed == FALSE) {
      return pRequest;
    }
    --m_cBlocks;
    return static_cast<BYTE*>(pRequest) - sizeof(header);
  }
  STDMETHOD_(void, PostFree)(BOOL) override {}
  STDMETHOD_(SIZE_T, PreRealloc)(LPVOID pRequest, SIZE_T cbRequest, LPVOID* ppNewRequest, BOOL fSpyed) override {
    *ppNewRequest = fSpyed ? static_cast<BYTE*>(pRequest) - sizeof(header) : pRequest;
    m_cbRequest = cbRequest;
    return fSpyed ? cbRequest + sizeof(header) : cbRequest;
  }
  STDMETHOD_(LPVOID, PostRealloc)(LPVOID pActual, BOOL fSpyed) override {
    if (pActual == NULL || !fSpyed) {
      return pActual;
    }
    static_cast<header*>(pActual)->cb = m_cbRequest;
    return static_cast<BYTE*>(pActual) + sizeof(header);
  }
  STDMETHOD_(LPVOID, PreGetSize)(LPVOID pRequest, BOOL fSpyed) override {
    return fSpyed ? static_cast<BYTE*>(pRequest) - sizeof(header) : pRequest;
  }
  STDMETHOD_(SIZE_T, PostGetSize)(SIZE_T cbActual, BOOL fSpyed) override {
    return fSpyed == TRUE ? cbActual - sizeof(header) : cbActual;
  }
  STDMETHOD_(LPVOID, PreDidAlloc)(LPVOID pRequest, BOOL fSpyed) override {
    return fSpyed ? static_cast<BYTE*>(pRequest) - sizeof(header) : pRequest;
  }
  STDMETHOD_(int, PostDidAlloc)(LPVOID, BOOL, int fActual) override {
    return fActual;
  }
  STDMETHOD_(void, PreHeapMinimize)() override {}
  STDMETHOD_(void, PostHeapMinimize)() override {}

  DWORD Blocks() const {
    return m_cBlocks;
  }

private:
  struct header {
    SIZE_T cb;
    SIZE_T reserved;
  };
  ULONG m_cRef;
  SIZE_T m_cbRequest;
  DWORD m_cBlocks;
};

// Bodies outside of their class, with the macros for them.
class CGreeting {
public:
  STDMETHODIMP GetText(LPVOID* ppText);
  STDMETHODIMP_(SIZE_T) GetLength();
};

STDMETHODIMP CGreeting::GetText(LPVOID* ppText) {
  if (ppText == NULL) {
    return E_INVALIDARG;
  }
  *ppText = CoTaskMemAlloc(GetLength());
  if (*ppText == NULL) {
    return E_OUTOFMEMORY;
  }
  std::memcpy(*ppText, "twenty-six letters and so on", GetLength());
  return S_OK;
}

STDMETHODIMP_(SIZE_T) CGreeting::GetLength() {
  return 29;
}

STDAPI GetGreeting(LPVOID* ppText) {
  CGreeting greeting;
  return greeting.GetText(ppText);
}

STDAPI_(BOOL) SizeOfTaskMemory(LPVOID pv, SIZE_T* pcb) {
  LPMALLOC pMalloc = NULL;
  if (FAILED(CoGetMalloc(MEMCTX_TASK, &pMalloc))) {
    return FALSE;
  }
  *pcb = pMalloc->DidAlloc(pv) == 1 ? pMalloc->GetSize(pv) : 0;
  pMalloc->Release();
  return TRUE;
}

ported_result run_ported_code() {
  ported_result result;
  CLeakSpy spy;
  LPMALLOCSPY pSpy = &spy;
  LPUNKNOWN pUnknown = pSpy;
  pUnknown->AddRef();
  result.registered = SUCCEEDED(CoRegisterMallocSpy(pSpy));

  LPVOID pText = NULL;
  const HRESULT hr = GetGreeting(&pText);
  if (SUCCEEDED(hr)) {
    SizeOfTaskMemory(pText, &result.size_told);
    result.found_leak = spy.Blocks() == 1;
    CoTaskMemFree(pText);
  }
  result.clean_at_end = spy.Blocks() == 0;
  result.revoked = CoRevokeMallocSpy() == S_OK;
  result.references_left = pUnknown->Release();
  return result;
}
