// SPDX-License-Identifier: MIT
// H16 for the random operations: fails the next request on demand, and counts the calls of each operation.
#pragma once

#include "support/header_spy.hpp"

namespace conformance {

using namespace mallocspy;

class random_spy final : public support::header_spy {
public:
  enum class fate { serve, refuse, exhaust };

  // What one operation of the client made the spy see.
  struct glimpse {
    unsigned pres = 0;
    unsigned posts = 0;
    BOOL spyed = FALSE;       // as given to Pre
    bool same_in_post = true; // Post got the same
    bool raw_failed = false;  // Post was shown null
  };

  random_spy() noexcept : header_spy(support::header_16) {}
  ~random_spy() override = default;

  fate next = fate::serve; // of the next request for memory

  // returns: what was seen since the last take
  glimpse take() noexcept {
    const glimpse seen = m_seen;
    m_seen = {};
    return seen;
  }

  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override {
    pre(FALSE);
    return cbRequest == 0 ? header_spy::PreAlloc(0) : decide(header_spy::PreAlloc(cbRequest));
  }
  void* STDMETHODCALLTYPE PostAlloc(void* pActual) override {
    post(FALSE);
    m_seen.raw_failed = pActual == nullptr;
    return header_spy::PostAlloc(pActual);
  }
  void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL fSpyed) override {
    pre(fSpyed);
    return header_spy::PreFree(pRequest, fSpyed);
  }
  void STDMETHODCALLTYPE PostFree(BOOL fSpyed) override {
    post(fSpyed);
  }
  SIZE_T STDMETHODCALLTYPE PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL fSpyed) override {
    pre(fSpyed);
    return decide(header_spy::PreRealloc(pRequest, cbRequest, ppNewRequest, fSpyed));
  }
  void* STDMETHODCALLTYPE PostRealloc(void* pActual, BOOL fSpyed) override {
    post(fSpyed);
    m_seen.raw_failed = pActual == nullptr;
    return header_spy::PostRealloc(pActual, fSpyed);
  }
  void* STDMETHODCALLTYPE PreGetSize(void* pRequest, BOOL fSpyed) override {
    pre(fSpyed);
    return header_spy::PreGetSize(pRequest, fSpyed);
  }
  SIZE_T STDMETHODCALLTYPE PostGetSize(SIZE_T cbActual, BOOL fSpyed) override {
    post(fSpyed);
    return header_spy::PostGetSize(cbActual, fSpyed);
  }
  void* STDMETHODCALLTYPE PreDidAlloc(void* pRequest, BOOL fSpyed) override {
    pre(fSpyed);
    return header_spy::PreDidAlloc(pRequest, fSpyed);
  }
  int STDMETHODCALLTYPE PostDidAlloc(void* pRequest, BOOL fSpyed, int fActual) override {
    post(fSpyed);
    return header_spy::PostDidAlloc(pRequest, fSpyed, fActual);
  }
  void STDMETHODCALLTYPE PreHeapMinimize() override {
    pre(FALSE);
  }
  void STDMETHODCALLTYPE PostHeapMinimize() override {
    post(FALSE);
  }

private:
  void pre(BOOL spyed) noexcept {
    ++m_seen.pres;
    m_seen.spyed = spyed;
  }
  void post(BOOL spyed) noexcept {
    ++m_seen.posts;
    m_seen.same_in_post = spyed == m_seen.spyed;
  }
  SIZE_T decide(SIZE_T usual) const noexcept {
    switch (next) {
    case fate::refuse:
      return 0;
    case fate::exhaust:
      return SIZE_MAX / 2;
    case fate::serve:
      break;
    }
    return usual;
  }

  glimpse m_seen;
};

} // namespace conformance
