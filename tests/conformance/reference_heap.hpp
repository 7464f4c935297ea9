// SPDX-License-Identifier: MIT
// The slow, obviously right IMalloc of contract.md section 4: malloc, a map of what lives, one mutex.
#pragma once

#include <mallocspy/contract/contract.hpp>
#include <map>
#include <mutex>

namespace conformance {

using namespace mallocspy;

class reference_heap final : public IMalloc {
public:
  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void** ppvObject) override;
  ULONG STDMETHODCALLTYPE AddRef() override;
  ULONG STDMETHODCALLTYPE Release() override;
  void* STDMETHODCALLTYPE Alloc(SIZE_T cb) override;
  void* STDMETHODCALLTYPE Realloc(void* pv, SIZE_T cb) override;
  void STDMETHODCALLTYPE Free(void* pv) override;
  SIZE_T STDMETHODCALLTYPE GetSize(void* pv) override;
  int STDMETHODCALLTYPE DidAlloc(void* pv) override;
  void STDMETHODCALLTYPE HeapMinimize() override;

  // returns: how many wrong pointers Free and Realloc were given so far
  std::size_t misuses();
  std::size_t live_blocks();

private:
  using guard = std::lock_guard<std::recursive_mutex>;

  std::recursive_mutex m_mutex;
  std::map<void*, SIZE_T> m_blocks;
  std::size_t m_misuses = 0;
};

} // namespace conformance
