// SPDX-License-Identifier: MIT
// The hooks of the fault injector. Run inside hooks: never allocate from what is hooked, take no lock.
#include "blocks/one_thread.hpp"
#include "spies/block_size.hpp"
#include "spies/carried.hpp"
#include "spies/fault_callers.hpp"
#include "spies/fault_streams.hpp"

#include <cerrno>
#include <mallocspy/spies/fault_injector.hpp>

namespace mallocspy {

namespace {

// What a Pre under a budget has for its Post: how much more is live now, to be taken back if there was no memory.
struct charge {
  SIZE_T released;
  SIZE_T bytes;
};

// An address that no other living thread has.
const void* this_threads_mark() noexcept {
  return &spies::this_thread;
}

} // namespace

bool fault_injector::fail() noexcept {
  m_failed.fetch_add(1, std::memory_order_relaxed);
  errno = ENOMEM;
  return true;
}

bool fault_injector::passes_slow_filters() const noexcept {
  if (m_thread != nullptr && m_thread != this_threads_mark()) {
    return false;
  }
  return m_callers == nullptr || m_callers->pass();
}

// returns: whether the plan names the number that the request gets
bool fault_injector::names_next_number() noexcept {
  std::uint64_t before = 0;
  // Only one thread counts: then its own plain addition is enough.
  if (m_thread != nullptr || blocks::process_has_one_thread()) {
    before = m_counted.load(std::memory_order_relaxed);
    m_counted.store(before + 1, std::memory_order_relaxed);
  } else {
    before = m_counted.fetch_add(1, std::memory_order_relaxed);
  }
  if (MALLOCSPY_LIKELY(m_plan.m_kind == fault_plan::kind::numbered)) {
    return before + 1 - m_plan.m_first < m_plan.m_length; // wraps around below the first
  }
  return m_plan.m_first != 0 && (before + 1) % m_plan.m_first == 0;
}

bool fault_injector::draws_failure() noexcept {
  const auto here = m_streams->entries.mine();
  return here.entry.draw(m_plan.m_first, here.shared, m_streams->threads) < m_plan.m_length;
}

// returns: whether the request fails, for plans that are about requests alone
MALLOCSPY_INLINE bool fault_injector::refuses(SIZE_T bytes) noexcept {
  // One comparison for the range of sizes, 0 included.
  if (bytes - m_plan.m_smallest > m_plan.m_largest - m_plan.m_smallest || bytes == 0 ||
      !m_armed.load(std::memory_order_relaxed)) {
    return false;
  }
  if (MALLOCSPY_UNLIKELY(m_slow_filters) && !passes_slow_filters()) {
    return false;
  }
  const bool chosen = MALLOCSPY_UNLIKELY(m_plan.m_kind == fault_plan::kind::random) ? draws_failure() : names_next_number();
  return MALLOCSPY_UNLIKELY(chosen) && fail();
}

// effects: unless the request fails, `bytes` become live and `released` do not any more
// returns: whether it fails
bool fault_injector::exceeds_budget(SIZE_T released, SIZE_T bytes, bool may_fail) noexcept {
  std::uint64_t live = m_live.load(std::memory_order_relaxed);
  std::uint64_t then = 0;
  do {
    then = live - (released < live ? released : live) + bytes;
    if (may_fail && then > m_plan.m_first) {
      return fail();
    }
  } while (!m_live.compare_exchange_weak(live, then, std::memory_order_relaxed));
  return false;
}

SIZE_T fault_injector::PreAlloc(SIZE_T cbRequest) {
  if (MALLOCSPY_LIKELY(m_plan.m_kind != fault_plan::kind::budget)) {
    return refuses(cbRequest) ? 0 : cbRequest;
  }
  if (cbRequest == 0 || !m_armed.load(std::memory_order_relaxed)) {
    spies::carry(this, charge{0, 0});
    return cbRequest;
  }
  const bool named =
      cbRequest >= m_plan.m_smallest && cbRequest <= m_plan.m_largest && (!m_slow_filters || passes_slow_filters());
  m_counted.fetch_add(named ? 1 : 0, std::memory_order_relaxed);
  if (exceeds_budget(0, cbRequest, named)) {
    return 0;
  }
  spies::carry(this, charge{0, cbRequest});
  return cbRequest;
}

void* fault_injector::PostAlloc(void* pActual) {
  charge charged{};
  if (MALLOCSPY_UNLIKELY(m_plan.m_kind == fault_plan::kind::budget) && spies::take(this, charged) && pActual == nullptr) {
    exceeds_budget(charged.bytes, 0, false);
  }
  return pActual;
}

void* fault_injector::PreFree(void* pRequest, BOOL fSpyed) {
  if (MALLOCSPY_UNLIKELY(m_plan.m_kind == fault_plan::kind::budget) && fSpyed != FALSE) {
    const SIZE_T bytes = spies::size_of_block(pRequest, m_host);
    exceeds_budget(bytes == spies::unknown_size ? 0 : bytes, 0, false);
  }
  return pRequest;
}

SIZE_T fault_injector::PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL fSpyed) {
  *ppNewRequest = pRequest;
  if (MALLOCSPY_LIKELY(m_plan.m_kind != fault_plan::kind::budget)) {
    return refuses(cbRequest) ? 0 : cbRequest;
  }
  const SIZE_T known = fSpyed != FALSE ? spies::size_of_block(pRequest, m_host) : 0;
  const SIZE_T before = known == spies::unknown_size ? 0 : known;
  const bool armed = m_armed.load(std::memory_order_relaxed);
  const bool named = armed && cbRequest >= m_plan.m_smallest && cbRequest <= m_plan.m_largest &&
                     (!m_slow_filters || passes_slow_filters());
  m_counted.fetch_add(named ? 1 : 0, std::memory_order_relaxed);
  if (exceeds_budget(before, cbRequest, named && cbRequest > before)) {
    return 0;
  }
  spies::carry(this, charge{before, cbRequest});
  return cbRequest;
}

void* fault_injector::PostRealloc(void* pActual, BOOL) {
  charge charged{};
  if (MALLOCSPY_UNLIKELY(m_plan.m_kind == fault_plan::kind::budget) && spies::take(this, charged) && pActual == nullptr) {
    exceeds_budget(charged.bytes, charged.released, false);
  }
  return pActual;
}

} // namespace mallocspy
