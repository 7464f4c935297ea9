// SPDX-License-Identifier: MIT
// A spy that counts what goes by.
#pragma once

#include "spy_base.hpp"

#include <algorithm>

// No other thread's call comes between a Pre and its Post, so what one remembers for the other is a plain member.
class counting_spy : public spy_base {
public:
  struct counts {
    long allocations = 0;
    long reallocations = 0;
    std::size_t bytes_requested = 0;
    long live_blocks = 0;
    std::size_t live_bytes = 0;
    std::size_t peak_bytes = 0;
  };

  const counts& seen() const {
    return m_seen;
  }

  std::size_t PreAlloc(std::size_t cbRequest) override {
    ++m_seen.allocations;
    m_seen.bytes_requested += cbRequest;
    m_request = cbRequest;
    return cbRequest;
  }

  void* PostAlloc(void* pActual) override {
    if (pActual != nullptr) {
      ++m_seen.live_blocks;
      resize(0, m_request);
    }
    return pActual;
  }

  std::size_t PreRealloc(void* pRequest, std::size_t cbRequest, void** ppNewRequest, mallocspy::BOOL) override {
    ++m_seen.reallocations;
    m_seen.bytes_requested += cbRequest;
    m_request = cbRequest;
    m_size_before = mallocspy::requested_size(pRequest);
    *ppNewRequest = pRequest;
    return cbRequest;
  }

  void* PostRealloc(void* pActual, mallocspy::BOOL) override {
    if (pActual != nullptr) {
      resize(m_size_before, m_request);
    }
    return pActual;
  }

  void* PreFree(void* pRequest, mallocspy::BOOL) override {
    --m_seen.live_blocks;
    resize(mallocspy::requested_size(pRequest), 0);
    return pRequest;
  }

private:
  void resize(std::size_t before, std::size_t after) {
    m_seen.live_bytes = m_seen.live_bytes - before + after;
    m_seen.peak_bytes = std::max(m_seen.peak_bytes, m_seen.live_bytes);
  }

  counts m_seen;
  std::size_t m_request = 0;
  std::size_t m_size_before = 0;
};
