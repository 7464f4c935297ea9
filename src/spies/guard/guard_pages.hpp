// SPDX-License-Identifier: MIT
// Inaccessible pages behind blocks, and how many of them the kernel allows.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "spies/guard/guard_block.hpp"

#include <atomic>

namespace mallocspy::spies {

class guard_pages {
public:
  // most: blocks with a page at one time; 0: what the kernel allows
  guard_pages(bool wanted, std::size_t most) noexcept;

  std::uintptr_t page_size() const noexcept {
    return m_page;
  }

  // effects: sets aside two mappings of the kernel for a block
  // returns: whether there are some; the first time that there are none one line says so
  bool reserve() noexcept;
  void give_back() noexcept {
    m_used.fetch_sub(1, std::memory_order_relaxed);
  }

  // effects: the page behind a block becomes inaccessible. returns: false if the kernel refuses
  bool protect_end(const guarded_block& block) const noexcept;
  // effects: the whole block becomes inaccessible too. returns: false if the kernel refuses
  bool protect_all(const guarded_block& block) const noexcept;
  // effects: everything is accessible again
  void open(const guarded_block& block) const noexcept;

private:
  std::uintptr_t first_page(const guarded_block& block) const noexcept {
    return reinterpret_cast<std::uintptr_t>(block.client) & ~(m_page - 1);
  }

  const std::uintptr_t m_page;
  std::size_t m_most = 0;
  std::atomic<std::size_t> m_used{0};
  std::atomic<bool> m_told{false};
};

} // namespace mallocspy::spies
