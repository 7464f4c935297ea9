// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "spies/process/changed_pages.hpp"

namespace mallocspy::spies {

changed_pages::changed_pages() noexcept {
  // A page that has just been written to is told as the process's own, or what is told means nothing.
  volatile char here = 0;
  here = 1;
  std::uint64_t value = 0;
  m_known = m_pages.open() && m_pages.read(m_pages.number_of(reinterpret_cast<std::uintptr_t>(&here)), value) &&
            (value & page_entries::exclusive) != 0;
}

bool changed_pages::may_differ(std::uintptr_t begin, std::uintptr_t end) noexcept {
  for (std::uintptr_t page = m_pages.number_of(begin); m_pages.begin_of(page) < end; ++page) {
    std::uint64_t value = 0;
    if (!m_known || !m_pages.read(page, value) || (value & (page_entries::exclusive | page_entries::swapped)) != 0) {
      return true;
    }
  }
  return false;
}

} // namespace mallocspy::spies
