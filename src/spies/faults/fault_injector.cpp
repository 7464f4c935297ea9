// SPDX-License-Identifier: MIT
// The hooks of the fault injector, short for the usual plans. Run inside hooks: never allocate from what is hooked, take no
// lock.
#include "blocks/hints.hpp"
#include "blocks/one_thread.hpp"

#include <mallocspy/spies/fault_injector.hpp>

namespace mallocspy {

// returns: whether the plan names the number that the request gets
MALLOCSPY_INLINE bool fault_injector::names_next_number() noexcept {
  std::uint64_t before = 0;
  if (MALLOCSPY_LIKELY(blocks::process_has_one_thread())) {
    before = m_counted.load(std::memory_order_relaxed);
    m_counted.store(before + 1, std::memory_order_relaxed);
  } else {
    before = m_counted.fetch_add(1, std::memory_order_relaxed);
  }
  return before + 1 - m_first < m_length; // wraps around below the first
}

// Every hook is a test of one word and a jump for all but the usual plans.

SIZE_T fault_injector::PreAlloc(SIZE_T cbRequest) {
  if (MALLOCSPY_UNLIKELY(m_mode.load(std::memory_order_relaxed) != mode::count)) {
    return ask_slowly(0, cbRequest);
  }
  if (cbRequest - m_smallest <= m_range && MALLOCSPY_UNLIKELY(names_next_number())) { // 0 bytes are out of the range
    return fail();
  }
  return cbRequest;
}

void* fault_injector::PostAlloc(void* pActual) {
  if (MALLOCSPY_UNLIKELY(m_mode.load(std::memory_order_relaxed) == mode::budget)) {
    return settle(pActual);
  }
  return pActual;
}

void* fault_injector::PreFree(void* pRequest, BOOL fSpyed) {
  if (MALLOCSPY_UNLIKELY(m_mode.load(std::memory_order_relaxed) == mode::budget)) {
    return credit(pRequest, fSpyed);
  }
  return pRequest;
}

SIZE_T fault_injector::PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL fSpyed) {
  *ppNewRequest = pRequest;
  if (MALLOCSPY_UNLIKELY(m_mode.load(std::memory_order_relaxed) != mode::count)) {
    return ask_slowly(size_before(pRequest, fSpyed), cbRequest);
  }
  return fault_injector::PreAlloc(cbRequest);
}

void* fault_injector::PostRealloc(void* pActual, BOOL) {
  return fault_injector::PostAlloc(pActual);
}

} // namespace mallocspy
