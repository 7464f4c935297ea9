// SPDX-License-Identifier: MIT
// The plans of the fault injector that take more than a count: threads, callers, chance, and a budget. Runs inside hooks:
// never allocates from what is hooked, takes no lock.
#include "spies/block_size.hpp"
#include "spies/carried.hpp"
#include "spies/fault_callers.hpp"
#include "spies/fault_streams.hpp"

#include <cerrno>

namespace mallocspy {

namespace {

// What a Pre under a budget has for its Post: how the account was changed, to be undone if there was no memory.
struct account {
  SIZE_T released;
  SIZE_T bytes;
};

} // namespace

MALLOCSPY_COLD bool fault_injector::fail() noexcept {
  m_failed.fetch_add(1, std::memory_order_relaxed);
  errno = ENOMEM;
  return true;
}

bool fault_injector::passes_filters(SIZE_T bytes) const noexcept {
  return bytes - m_smallest <= m_range && (m_thread == nullptr || m_thread == &spies::this_thread) &&
         (m_callers == nullptr || m_callers->pass());
}

bool fault_injector::draws_failure() noexcept {
  const auto here = m_streams->entries.mine();
  return here.entry.draw(m_first, here.shared, m_streams->threads) < m_length;
}

MALLOCSPY_OUT_OF_LINE bool fault_injector::refuses_slowly(SIZE_T bytes) noexcept {
  if (!passes_filters(bytes)) {
    return false;
  }
  if (m_plan.m_kind == fault_plan::kind::random) {
    return draws_failure() && fail();
  }
  const std::uint64_t number = m_counted.fetch_add(1, std::memory_order_relaxed) + 1;
  const bool named =
      m_plan.m_kind == fault_plan::kind::every ? m_first != 0 && number % m_first == 0 : number - m_first < m_length;
  return named && fail();
}

// effects: unless the request fails, `bytes` become live, and `released` are not live any more
// returns: whether it fails
MALLOCSPY_OUT_OF_LINE bool fault_injector::change_live(SIZE_T released, SIZE_T bytes, bool may_fail) noexcept {
  std::uint64_t live = m_live.load(std::memory_order_relaxed);
  std::uint64_t then = 0;
  do {
    then = live - (released < live ? released : live) + bytes;
    if (may_fail && then > m_first) {
      return fail();
    }
  } while (!m_live.compare_exchange_weak(live, then, std::memory_order_relaxed));
  return false;
}

// returns: the size of a block that counts towards the budget; 0 for others
MALLOCSPY_OUT_OF_LINE SIZE_T fault_injector::size_before(void* block, BOOL fSpyed) const {
  const SIZE_T known = fSpyed != FALSE ? spies::size_of_block(block, m_host) : 0;
  return known == spies::unknown_size ? 0 : known;
}

// returns: what the Pre returns for a request that turns `released` bytes into `bytes`
MALLOCSPY_OUT_OF_LINE SIZE_T fault_injector::charge(SIZE_T released, SIZE_T bytes) noexcept {
  const bool named = passes_filters(bytes);
  m_counted.fetch_add(named ? 1 : 0, std::memory_order_relaxed);
  if (change_live(released, bytes, named && bytes > released)) {
    return 0;
  }
  spies::carry(this, account{released, bytes});
  return bytes;
}

// effects: takes the account back if there is no block
MALLOCSPY_OUT_OF_LINE void fault_injector::settle(const void* block) noexcept {
  account changed{};
  if (spies::take(this, changed) && block == nullptr) {
    change_live(changed.bytes, changed.released, false);
  }
}

} // namespace mallocspy
