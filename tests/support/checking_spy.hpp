// SPDX-License-Identifier: MIT
// A spy that keeps state in plain members between Pre and Post, as real spies do, and counts every breach of what the
// contract promises it: the matching Post on the same thread, and no other thread's call in between. Its hooks must not be
// nested. It has a header of 16 bytes and adopts unspied blocks that are reallocated.
#pragma once

#include "support/header_spy.hpp"

#include <atomic>

namespace support {

class checking_spy final : public header_spy {
public:
  // refuse_every n: every n-th request for memory is refused; 0: none
  explicit checking_spy(unsigned refuse_every) noexcept : header_spy(16), m_refuse_every(refuse_every) {}
  ~checking_spy() override = default;

  // For when it is not registered any more.
  unsigned breaches() const noexcept {
    return m_breaches;
  }
  unsigned long operations() const noexcept {
    return m_operations;
  }
  unsigned long refusals() const noexcept {
    return m_refusals;
  }

  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override;
  void* STDMETHODCALLTYPE PostAlloc(void* pActual) override;
  void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL fSpyed) override;
  void STDMETHODCALLTYPE PostFree(BOOL fSpyed) override;
  SIZE_T STDMETHODCALLTYPE PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL fSpyed) override;
  void* STDMETHODCALLTYPE PostRealloc(void* pActual, BOOL fSpyed) override;
  void* STDMETHODCALLTYPE PreGetSize(void* pRequest, BOOL fSpyed) override;
  SIZE_T STDMETHODCALLTYPE PostGetSize(SIZE_T cbActual, BOOL fSpyed) override;
  void* STDMETHODCALLTYPE PreDidAlloc(void* pRequest, BOOL fSpyed) override;
  int STDMETHODCALLTYPE PostDidAlloc(void* pRequest, BOOL fSpyed, int fActual) override;
  void STDMETHODCALLTYPE PreHeapMinimize() override;
  void STDMETHODCALLTYPE PostHeapMinimize() override;

protected:
  bool needs_the_lock() const noexcept override {
    return true;
  }

private:
  enum class operation { none, alloc, free, realloc, get_size, did_alloc, heap_minimize };

  void begin(operation what, SIZE_T size, BOOL spyed);
  void end(operation what, BOOL spyed);
  bool refuses();

  // Which thread is between Pre and Post; 0: none. Relaxed, so that it orders nothing and hides no race.
  std::atomic<const void*> m_inside{nullptr};
  std::atomic<unsigned> m_breaches{0};

  // Plain, as in real spies: ThreadSanitizer sees a missing lock here.
  operation m_what = operation::none;
  SIZE_T m_size = 0;
  BOOL m_spyed = FALSE;
  unsigned long m_operations = 0;
  unsigned m_requests = 0;
  unsigned long m_refusals = 0;
  const unsigned m_refuse_every;
};

} // namespace support
