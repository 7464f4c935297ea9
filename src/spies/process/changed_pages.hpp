// SPDX-License-Identifier: MIT
// In a copy of a process: which pages may differ from the original's. The copy shares a page with the original until one of
// them writes to it.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "spies/process/page_entries.hpp"

namespace mallocspy::spies {

class changed_pages {
public:
  changed_pages() noexcept;

  // begin, end: of memory that is private to the process. returns: false only if it is as in the original
  bool may_differ(std::uintptr_t begin, std::uintptr_t end) noexcept;

private:
  page_entries m_pages;
  bool m_known = false;
};

} // namespace mallocspy::spies
