// SPDX-License-Identifier: MIT
// The hooks of statistics. Run inside hooks: never allocate from what is hooked, take no lock.
#include "spies/memory/block_size.hpp"
#include "spies/memory/own_memory.hpp"
#include "spies/statistics/statistics_tables.hpp"
#include "spies/threads/carried.hpp"

namespace mallocspy {

namespace {

// What PreRealloc has for PostRealloc.
struct resizing {
  SIZE_T before;
  SIZE_T after;
};

unsigned size_class(SIZE_T bytes) noexcept {
  return bytes == 0 ? 0 : 64 - static_cast<unsigned>(__builtin_clzll(bytes));
}

void count_request(const spies::per_thread<statistics_entry>::place& here, SIZE_T bytes) noexcept {
  here.entry.requested_bytes.add(bytes, here.shared);
  here.entry.sizes[size_class(bytes)].add(1, here.shared);
}

} // namespace

statistics::statistics(const statistics_options& options)
    : spy_base(spy_calls::concurrent), m_tables(spies::make_own<tables>(options)) {}

statistics::~statistics() {
  spies::destroy_own(m_tables);
}

SIZE_T statistics::PreAlloc(SIZE_T cbRequest) {
  spies::carry(this, cbRequest);
  return cbRequest;
}

void* statistics::PostAlloc(void* pActual) {
  SIZE_T bytes = 0;
  const bool known = spies::take(this, bytes);
  const auto here = m_tables->entries.mine();
  if (MALLOCSPY_UNLIKELY(pActual == nullptr || !known)) {
    here.entry.failures.add(pActual == nullptr ? 1 : 0, here.shared);
    return pActual;
  }
  here.entry.allocations.add(1, here.shared);
  here.entry.live_blocks.add(1, here.shared);
  count_request(here, bytes);
  m_tables->change_live(here, static_cast<std::int64_t>(bytes));
  return pActual;
}

void* statistics::PreFree(void* pRequest, BOOL fSpyed) {
  const SIZE_T bytes = spies::size_of_block(pRequest, m_tables->options.host);
  if (MALLOCSPY_UNLIKELY(bytes == spies::unknown_size)) {
    return pRequest;
  }
  const auto here = m_tables->entries.mine();
  here.entry.frees.add(1, here.shared);
  if (MALLOCSPY_LIKELY(fSpyed != FALSE)) {
    here.entry.live_blocks.add(-1, here.shared);
    m_tables->change_live(here, -static_cast<std::int64_t>(bytes));
  }
  return pRequest;
}

SIZE_T statistics::PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL) {
  *ppNewRequest = pRequest;
  spies::carry(this, resizing{spies::size_of_block(pRequest, m_tables->options.host), cbRequest});
  return cbRequest;
}

void* statistics::PostRealloc(void* pActual, BOOL fSpyed) {
  resizing size{};
  const bool known = spies::take(this, size);
  const auto here = m_tables->entries.mine();
  if (pActual == nullptr || !known) {
    here.entry.failures.add(pActual == nullptr ? 1 : 0, here.shared);
    return pActual;
  }
  here.entry.reallocations.add(1, here.shared);
  count_request(here, size.after);
  const bool counted_before = fSpyed != FALSE && size.before != spies::unknown_size;
  here.entry.live_blocks.add(fSpyed != FALSE ? 0 : 1, here.shared); // it becomes spied now
  m_tables->change_live(here, static_cast<std::int64_t>(size.after - (counted_before ? size.before : 0)));
  return pActual;
}

} // namespace mallocspy
