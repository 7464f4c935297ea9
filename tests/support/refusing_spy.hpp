// SPDX-License-Identifier: MIT
// A header spy that makes the k-th request fail, in one of two ways, and remembers every raw block it was shown.
#pragma once

#include "support/header_spy.hpp"

#include <set>

namespace support {

class refusing_spy final : public header_spy {
public:
  enum class way {
    refuse,  // Pre returns 0
    exhaust, // Pre asks for more than the heap has
  };

  // k counts from 1; 0 makes nothing fail
  refusing_spy(SIZE_T header, std::size_t k, way w) noexcept : header_spy(header), m_k(k), m_way(w) {}
  ~refusing_spy() override = default;

  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override {
    return decide(header_spy::PreAlloc(cbRequest));
  }
  void* STDMETHODCALLTYPE PostAlloc(void* pActual) override {
    m_raw_blocks.insert(pActual);
    return header_spy::PostAlloc(pActual);
  }
  SIZE_T STDMETHODCALLTYPE PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL fSpyed) override {
    return decide(header_spy::PreRealloc(pRequest, cbRequest, ppNewRequest, fSpyed));
  }
  void* STDMETHODCALLTYPE PostRealloc(void* pActual, BOOL fSpyed) override {
    m_raw_blocks.insert(pActual);
    return header_spy::PostRealloc(pActual, fSpyed);
  }

  // returns: how many requests came
  std::size_t requests() const noexcept {
    return m_requests;
  }
  // returns: the raw blocks that the heap ever returned; null stands for its failures
  const std::set<void*>& raw_blocks() const noexcept {
    return m_raw_blocks;
  }

private:
  SIZE_T decide(SIZE_T usual) noexcept {
    ++m_requests;
    if (m_requests != m_k) {
      return usual;
    }
    return m_way == way::refuse ? 0 : SIZE_MAX / 2;
  }

  std::size_t m_k;
  way m_way;
  std::size_t m_requests = 0;
  std::set<void*> m_raw_blocks;
};

} // namespace support
