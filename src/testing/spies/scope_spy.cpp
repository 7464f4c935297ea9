// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "testing/spies/scope_spy.hpp"

#include "blocks/hints.hpp"
#include "spies/memory/block_size.hpp"

#include <algorithm>

namespace mallocspy::testing_detail {

__thread thread_scopes scopes_of_this_thread = {nullptr, 0, 0, false, false, false, 0, 0};

namespace {

constexpr std::size_t depth = 24;

allocation_site& site_of(scope_record& scope, stack_id stack) noexcept {
  for (std::size_t i = 0; i < scope.sites_used; ++i) {
    if (scope.sites[i].stack == stack) {
      return scope.sites[i];
    }
  }
  if (scope.sites_used == scope.sites.size()) {
    return scope.elsewhere;
  }
  allocation_site& fresh = scope.sites[scope.sites_used++];
  fresh = {stack, 0, 0};
  return fresh;
}

// bytes: that it made alive more
void count_request(const thread_scopes& thread, bool failed, std::int64_t bytes, std::int64_t blocks) noexcept {
  stack_id stack = 0;
  for (scope_record* scope = thread.innermost; scope != nullptr; scope = scope->outer) {
    scope_counts& counts = scope->counts;
    ++counts.allocations;
    counts.reallocations += thread.resized ? 1 : 0;
    if (failed) {
      ++counts.failures;
    } else {
      counts.bytes += thread.size;
      counts.live_blocks += blocks;
      counts.live_bytes += bytes;
      counts.peak_bytes = std::max(counts.peak_bytes, counts.live_bytes);
    }
    if (scope->keeps_stacks) {
      stack = stack != 0 ? stack : capture_client_stack_id(depth);
      allocation_site& site = site_of(*scope, stack);
      ++site.allocations;
      site.bytes += failed ? 0 : thread.size;
    }
  }
}

void count_free(const thread_scopes& thread, SIZE_T size) noexcept {
  for (scope_record* scope = thread.innermost; scope != nullptr; scope = scope->outer) {
    ++scope->counts.frees;
    --scope->counts.live_blocks;
    scope->counts.live_bytes -= static_cast<std::int64_t>(size);
  }
}

} // namespace

SIZE_T scope_spy::PreAlloc(SIZE_T cbRequest) {
  thread_scopes& thread = scopes_of_this_thread;
  thread.counted = thread.innermost != nullptr && thread.allowed == 0;
  thread.tracked = thread.leak_scopes != 0 && thread.allowed == 0;
  if (MALLOCSPY_UNLIKELY(thread.counted)) {
    thread.resized = false;
    thread.size = cbRequest;
  }
  if (MALLOCSPY_UNLIKELY(thread.tracked)) {
    return m_tracker.PreAlloc(cbRequest);
  }
  return cbRequest;
}

void* scope_spy::PostAlloc(void* pActual) {
  thread_scopes& thread = scopes_of_this_thread;
  if (MALLOCSPY_UNLIKELY(thread.counted)) {
    count_request(thread, pActual == nullptr, static_cast<std::int64_t>(thread.size), 1);
  }
  if (MALLOCSPY_UNLIKELY(thread.tracked)) {
    return m_tracker.PostAlloc(pActual);
  }
  return pActual;
}

void* scope_spy::PreFree(void* pRequest, BOOL fSpyed) {
  const thread_scopes& thread = scopes_of_this_thread;
  if (MALLOCSPY_UNLIKELY(thread.innermost != nullptr && thread.allowed == 0)) {
    const SIZE_T size = spies::size_of_block(pRequest);
    if (size != spies::unknown_size) {
      count_free(thread, size);
    }
  }
  if (MALLOCSPY_UNLIKELY(m_tracking.load(std::memory_order_relaxed))) {
    return m_tracker.PreFree(pRequest, fSpyed);
  }
  return pRequest;
}

SIZE_T scope_spy::PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL fSpyed) {
  thread_scopes& thread = scopes_of_this_thread;
  *ppNewRequest = pRequest;
  thread.counted = thread.innermost != nullptr && thread.allowed == 0;
  if (MALLOCSPY_UNLIKELY(thread.counted)) {
    const SIZE_T before = spies::size_of_block(pRequest);
    thread.resized = true;
    thread.size = cbRequest;
    thread.before = before == spies::unknown_size ? 0 : before;
  }
  // Another thread's block is told to the tracker too: it is that thread's no more.
  thread.tracked = m_tracking.load(std::memory_order_relaxed) && thread.allowed == 0;
  if (MALLOCSPY_UNLIKELY(thread.tracked)) {
    return m_tracker.PreRealloc(pRequest, cbRequest, ppNewRequest, fSpyed);
  }
  if (MALLOCSPY_UNLIKELY(m_tracking.load(std::memory_order_relaxed))) {
    m_tracker.PreFree(pRequest, fSpyed);
  }
  return cbRequest;
}

void* scope_spy::PostRealloc(void* pActual, BOOL fSpyed) {
  thread_scopes& thread = scopes_of_this_thread;
  if (MALLOCSPY_UNLIKELY(thread.counted)) {
    count_request(thread, pActual == nullptr,
                  static_cast<std::int64_t>(thread.size) - static_cast<std::int64_t>(thread.before), 0);
  }
  if (MALLOCSPY_UNLIKELY(thread.tracked)) {
    return m_tracker.PostRealloc(pActual, fSpyed);
  }
  return pActual;
}

} // namespace mallocspy::testing_detail
