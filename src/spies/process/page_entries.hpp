// SPDX-License-Identifier: MIT
// What Linux tells of the pages of this process, in /proc/self/pagemap.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mallocspy::spies {

class page_entries {
public:
  static constexpr std::uint64_t present_or_swapped = std::uint64_t{3} << 62;
  static constexpr std::uint64_t swapped = std::uint64_t{1} << 62;
  static constexpr std::uint64_t exclusive = std::uint64_t{1} << 56; // no other process has it

  page_entries() noexcept;
  ~page_entries();
  page_entries(const page_entries&) = delete;
  page_entries& operator=(const page_entries&) = delete;

  // returns: whether the system tells them
  bool open() noexcept;

  // returns: the number of the page at an address
  std::uintptr_t number_of(std::uintptr_t address) const noexcept {
    return address >> m_page_bits;
  }
  // returns: where a page begins
  std::uintptr_t begin_of(std::uintptr_t page_number) const noexcept {
    return page_number << m_page_bits;
  }

  // returns: whether there is an entry, which is stored in `value` then. Entries are read by the window, and some windows
  //   are kept: what changes meanwhile may not be seen
  bool read(std::uintptr_t page_number, std::uint64_t& value) noexcept {
    window& w = m_windows[page_number / window_pages % window_count];
    if (page_number - w.first >= w.pages && !read_window(w, page_number)) {
      return false;
    }
    value = w.entry[page_number - w.first];
    return true;
  }

private:
  static constexpr std::size_t window_pages = 64;
  static constexpr std::size_t window_count = 16;
  struct window {
    std::uintptr_t first = 0; // number of a page
    std::size_t pages = 0;
    std::uint64_t entry[window_pages];
  };

  bool read_window(window& w, std::uintptr_t page_number) const noexcept;

  int m_file = -1;
  unsigned m_page_bits;
  window m_windows[window_count];
};

} // namespace mallocspy::spies
