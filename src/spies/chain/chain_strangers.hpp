// SPDX-License-Identifier: MIT
// Blocks that a spy of a chain does not know although they were allocated under it: it refused them, and the client had
// asked for 0 bytes. Empty as a rule.
// Runs inside hooks: never allocates from what is hooked; its lock is held for a few instructions and never across a hook.
#pragma once

#include "blocks/fork_safe_lock.hpp"
#include "blocks/side_table.hpp"

#include <mallocspy/spies/chain.hpp>

namespace mallocspy {

struct chain::strangers {
  // effects: the spy does not know the block. returns: false without memory
  bool add(unsigned spy, const void* block) noexcept {
    m_lock.lock();
    const bool room = m_stock.count != 0 || m_stock.refill();
    if (room && m_table.insert(key(spy, block), m_stock)) {
      m_count.fetch_add(1, std::memory_order_relaxed);
    }
    m_lock.unlock();
    return room;
  }

  // effects: the block is gone, or the spy has come to know it
  void remove(unsigned spy, const void* block) noexcept {
    if (MALLOCSPY_LIKELY(m_count.load(std::memory_order_relaxed) == 0)) {
      return;
    }
    m_lock.lock();
    if (m_table.erase(key(spy, block), m_stock)) {
      m_count.fetch_sub(1, std::memory_order_relaxed);
    }
    m_lock.unlock();
  }

  bool has(unsigned spy, const void* block) const noexcept {
    return MALLOCSPY_UNLIKELY(m_count.load(std::memory_order_relaxed) != 0) && m_table.contains(key(spy, block));
  }

private:
  // Addresses have 48 bits; the block map is made for no more.
  static std::uintptr_t key(unsigned spy, const void* block) noexcept {
    return reinterpret_cast<std::uintptr_t>(block) | (std::uintptr_t{spy + 1} << 56);
  }

  blocks::fork_safe_lock m_lock;
  blocks::side_table m_table;
  blocks::node_stock m_stock{};
  std::atomic<std::size_t> m_count{0};
};

} // namespace mallocspy
