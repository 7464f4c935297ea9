// SPDX-License-Identifier: MIT
// Which pages of this process have contents: reading the others would only make them.
#pragma once

#include "spies/process/page_entries.hpp"

namespace mallocspy::spies {

class present_pages {
public:
  present_pages() noexcept = default;
  ~present_pages();
  present_pages(const present_pages&) = delete;
  present_pages& operator=(const present_pages&) = delete;

  // returns: whether the process can be asked about its own memory
  bool open() noexcept;

  // effects: stores in `part_end` where the pages from `begin` on, up to `end`, become present or absent
  // returns: whether the first of them is present, or swapped out; true for all if the system does not tell
  bool is_present(std::uintptr_t begin, std::uintptr_t end, std::uintptr_t& part_end) noexcept;

  // returns: whether the word at the address can be read
  bool can_read(std::uintptr_t address) const noexcept;

private:
  page_entries m_pages;
  int m_memory = -1;
};

} // namespace mallocspy::spies
