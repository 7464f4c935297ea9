// SPDX-License-Identifier: MIT
#include "support/counted_spy.hpp"

#include <algorithm>

namespace support {

bool counted_spy::all_concurrent = false;

HRESULT counted_spy::QueryInterface(REFIID riid, void** ppvObject) {
  {
    const std::lock_guard<std::mutex> guard(m_queries_mutex);
    m_queries.push_back(riid);
  }
  *ppvObject = nullptr;
  if (riid == IID_IMallocSpy) {
    if (FAILED(query_result) || query_yields_null) {
      return query_result;
    }
  } else if (riid == IID_IConcurrentMallocSpy) {
    if (!all_concurrent || needs_the_lock()) {
      return E_NOINTERFACE;
    }
    ++m_marker_references;
  } else if (riid != IID_IUnknown) {
    return E_NOINTERFACE;
  }
  ++m_references; // not through AddRef: its calls are counted apart
  *ppvObject = static_cast<IMallocSpy*>(this);
  return S_OK;
}

ULONG counted_spy::AddRef() {
  ++m_add_refs;
  return ++m_references;
}

ULONG counted_spy::Release() {
  if (gives_back_marker()) {
    --m_marker_references;
    return --m_references;
  }
  ++m_releases;
  const ULONG left = --m_references;
  if (left == 0) {
    delete this;
  }
  return left;
}

std::size_t counted_spy::queries_for(REFIID iid) const {
  const std::lock_guard<std::mutex> guard(m_queries_mutex);
  return static_cast<std::size_t>(std::count(m_queries.begin(), m_queries.end(), iid));
}

std::size_t counted_spy::queries() const {
  const std::lock_guard<std::mutex> guard(m_queries_mutex);
  return m_queries.size();
}

} // namespace support
