// SPDX-License-Identifier: MIT
#include "support/checking_spy.hpp"

#include <cstring>
#include <thread>

namespace support {

namespace {

const void* this_thread() noexcept {
  thread_local const char identity = 0;
  return &identity;
}

} // namespace

void checking_spy::begin(operation what, SIZE_T size, BOOL spyed) {
  const void* nobody = nullptr;
  if (!m_inside.compare_exchange_strong(nobody, this_thread(), std::memory_order_relaxed)) {
    ++m_breaches; // another call is between its Pre and its Post
  }
  if (spyed != TRUE && spyed != FALSE) {
    ++m_breaches;
  }
  m_what = what;
  m_size = size;
  m_spyed = spyed;
  ++m_operations;
  if (m_operations % 8 == 0) {
    std::this_thread::yield(); // others queue up at the lock now, or come in between where there is none
  }
}

void checking_spy::end(operation what, BOOL spyed) {
  if (m_inside.exchange(nullptr, std::memory_order_relaxed) != this_thread()) {
    ++m_breaches; // a Post without a Pre, or on another thread
  }
  if (m_what != what || m_spyed != spyed) {
    ++m_breaches;
  }
  m_what = operation::none;
}

bool checking_spy::refuses() {
  const bool refused = m_refuse_every != 0 && ++m_requests % m_refuse_every == 0;
  m_refusals += refused ? 1 : 0;
  return refused;
}

SIZE_T checking_spy::PreAlloc(SIZE_T cbRequest) {
  begin(operation::alloc, cbRequest, FALSE);
  if (cbRequest != 0 && refuses()) {
    end(operation::alloc, FALSE); // no Post will come
    return 0;
  }
  return header_spy::PreAlloc(cbRequest);
}

void* checking_spy::PostAlloc(void* pActual) {
  end(operation::alloc, FALSE);
  return header_spy::PostAlloc(pActual);
}

void* checking_spy::PreFree(void* pRequest, BOOL fSpyed) {
  begin(operation::free, 0, fSpyed);
  return header_spy::PreFree(pRequest, fSpyed);
}

void checking_spy::PostFree(BOOL fSpyed) {
  end(operation::free, fSpyed);
}

SIZE_T checking_spy::PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL fSpyed) {
  begin(operation::realloc, cbRequest, fSpyed);
  *ppNewRequest = below(pRequest, fSpyed);
  if (refuses()) {
    end(operation::realloc, fSpyed);
    return 0;
  }
  return cbRequest + header(); // for an unspied block too: it gets a header now
}

void* checking_spy::PostRealloc(void* pActual, BOOL fSpyed) {
  const SIZE_T size = m_size;
  end(operation::realloc, fSpyed);
  void* client = above(pActual);
  if (client != nullptr && fSpyed == FALSE) {
    std::memmove(client, pActual, size);
  }
  return client;
}

void* checking_spy::PreGetSize(void* pRequest, BOOL fSpyed) {
  begin(operation::get_size, 0, fSpyed);
  return header_spy::PreGetSize(pRequest, fSpyed);
}

SIZE_T checking_spy::PostGetSize(SIZE_T cbActual, BOOL fSpyed) {
  end(operation::get_size, fSpyed);
  return header_spy::PostGetSize(cbActual, fSpyed);
}

void* checking_spy::PreDidAlloc(void* pRequest, BOOL fSpyed) {
  begin(operation::did_alloc, 0, fSpyed);
  return header_spy::PreDidAlloc(pRequest, fSpyed);
}

int checking_spy::PostDidAlloc(void* pRequest, BOOL fSpyed, int fActual) {
  end(operation::did_alloc, fSpyed);
  return header_spy::PostDidAlloc(pRequest, fSpyed, fActual);
}

void checking_spy::PreHeapMinimize() {
  begin(operation::heap_minimize, 0, FALSE);
}

void checking_spy::PostHeapMinimize() {
  end(operation::heap_minimize, FALSE);
}

} // namespace support
