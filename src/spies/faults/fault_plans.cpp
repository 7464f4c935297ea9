// SPDX-License-Identifier: MIT
// The plans of the fault injector that take more than a count: threads, callers, chance, and a budget. Runs inside hooks:
// never allocates from what is hooked, takes no lock.
#include "spies/faults/fault_callers.hpp"
#include "spies/faults/fault_streams.hpp"
#include "spies/memory/block_size.hpp"
#include "spies/threads/carried.hpp"

#include <cerrno>

namespace mallocspy {

namespace {

// What a Pre under a budget has for its Post: how the account was changed, to be undone if there was no memory.
struct account {
  SIZE_T released;
  SIZE_T bytes;
};

} // namespace

MALLOCSPY_COLD SIZE_T fault_injector::fail() noexcept {
  m_failed.fetch_add(1, std::memory_order_relaxed);
  errno = ENOMEM;
  return 0;
}

bool fault_injector::passes_filters(SIZE_T bytes) const noexcept {
  return bytes - m_smallest <= m_range && (m_thread == nullptr || m_thread == &spies::this_thread) &&
         (m_callers == nullptr || m_callers->pass());
}

MALLOCSPY_INLINE bool fault_injector::draws_failure() noexcept {
  const auto here = m_streams->entries.mine();
  return here.entry.draw(m_first, here.shared, m_streams->threads) < m_length;
}

// returns: whether a request that passes the filters fails
bool fault_injector::is_chosen() noexcept {
  if (m_plan.m_kind == fault_plan::kind::random) {
    return draws_failure();
  }
  const std::uint64_t number = m_counted.fetch_add(1, std::memory_order_relaxed) + 1;
  return m_plan.m_kind == fault_plan::kind::every ? m_first != 0 && number % m_first == 0 : number - m_first < m_length;
}

// effects: unless the request fails, `bytes` become live, and `released` are not live any more
// returns: whether it fails
bool fault_injector::change_live(SIZE_T released, SIZE_T bytes, bool may_fail) noexcept {
  std::uint64_t live = m_live.load(std::memory_order_relaxed);
  std::uint64_t then = 0;
  do {
    then = live - (released < live ? released : live) + bytes;
    if (may_fail && then > m_first) {
      return true;
    }
  } while (!m_live.compare_exchange_weak(live, then, std::memory_order_relaxed));
  return false;
}

// returns: the size of a block that counts towards the budget; 0 for others
SIZE_T fault_injector::size_before(void* block, BOOL fSpyed) const {
  const bool counts = fSpyed != FALSE && m_mode.load(std::memory_order_relaxed) == mode::budget;
  const SIZE_T known = counts ? spies::size_of_block(block, m_host) : 0;
  return known == spies::unknown_size ? 0 : known;
}

// returns: what the Pre returns for a request that turns `released` bytes into `bytes`
MALLOCSPY_OUT_OF_LINE SIZE_T fault_injector::ask_slowly(SIZE_T released, SIZE_T bytes) noexcept {
  switch (m_mode.load(std::memory_order_relaxed)) {
  case mode::chance:
    return bytes - m_smallest <= m_range && MALLOCSPY_UNLIKELY(draws_failure()) ? fail() : bytes;
  case mode::filter:
    return passes_filters(bytes) && is_chosen() ? fail() : bytes;
  case mode::budget: {
    const bool named = passes_filters(bytes);
    m_counted.fetch_add(named ? 1 : 0, std::memory_order_relaxed);
    if (change_live(released, bytes, named && bytes > released)) {
      return fail();
    }
    spies::carry(this, account{released, bytes});
    return bytes;
  }
  default:
    return bytes;
  }
}

// effects: takes the account back if there is no block. returns: the block
MALLOCSPY_OUT_OF_LINE void* fault_injector::settle(void* block) noexcept {
  account changed{};
  if (spies::take(this, changed) && block == nullptr) {
    change_live(changed.bytes, changed.released, false);
  }
  return block;
}

// effects: the block is not live any more. returns: the block
MALLOCSPY_OUT_OF_LINE void* fault_injector::credit(void* block, BOOL fSpyed) {
  change_live(size_before(block, fSpyed), 0, false);
  return block;
}

} // namespace mallocspy
