// SPDX-License-Identifier: MIT
// A spy that puts a header of a given size in front of its blocks, as contract.md section 10 defines it: with 16 bytes it
// is H16; with none it is E, the echo spy, which returns its inputs. Unspied blocks pass through untouched.
#pragma once

#include "support/counted_spy.hpp"

namespace support {

class header_spy : public counted_spy {
public:
  explicit header_spy(SIZE_T header) noexcept : m_header(header) {}

  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override {
    return cbRequest + m_header;
  }
  void* STDMETHODCALLTYPE PostAlloc(void* pActual) override {
    return above(pActual);
  }
  void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL fSpyed) override {
    return below(pRequest, fSpyed);
  }
  void STDMETHODCALLTYPE PostFree(BOOL) override {}
  SIZE_T STDMETHODCALLTYPE PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL fSpyed) override {
    *ppNewRequest = below(pRequest, fSpyed);
    return fSpyed != FALSE ? cbRequest + m_header : cbRequest;
  }
  void* STDMETHODCALLTYPE PostRealloc(void* pActual, BOOL fSpyed) override {
    return fSpyed != FALSE ? above(pActual) : pActual;
  }
  void* STDMETHODCALLTYPE PreGetSize(void* pRequest, BOOL fSpyed) override {
    return below(pRequest, fSpyed);
  }
  SIZE_T STDMETHODCALLTYPE PostGetSize(SIZE_T cbActual, BOOL fSpyed) override {
    return fSpyed != FALSE ? cbActual - m_header : cbActual;
  }
  void* STDMETHODCALLTYPE PreDidAlloc(void* pRequest, BOOL fSpyed) override {
    return below(pRequest, fSpyed);
  }
  int STDMETHODCALLTYPE PostDidAlloc(void*, BOOL, int fActual) override {
    return fActual;
  }
  void STDMETHODCALLTYPE PreHeapMinimize() override {}
  void STDMETHODCALLTYPE PostHeapMinimize() override {}

  SIZE_T header() const noexcept {
    return m_header;
  }

protected:
  // The client pointer that belongs to a raw pointer, and the other way round.
  void* above(void* raw) const noexcept {
    return raw == nullptr ? nullptr : static_cast<char*>(raw) + m_header;
  }
  void* below(void* client, BOOL spyed) const noexcept {
    return spyed != FALSE ? static_cast<char*>(client) - m_header : client;
  }

private:
  SIZE_T m_header;
};

inline constexpr SIZE_T no_header = 0;  // E
inline constexpr SIZE_T header_16 = 16; // H16

} // namespace support
