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

  // returns: whether there is an entry, which is stored in `value` then. Entries are read by the window, and kept: what
  //   changes meanwhile may not be seen
  bool read(std::uintptr_t page_number, std::uint64_t& value) noexcept {
    if (page_number - m_first >= m_count && !read_window(page_number)) {
      return false;
    }
    value = m_entries[page_number - m_first];
    return true;
  }

private:
  static constexpr std::size_t window = 512;

  bool read_window(std::uintptr_t page_number) noexcept;

  int m_file = -1;
  unsigned m_page_bits;
  std::uintptr_t m_first = 0; // number of the page of m_entries[0]
  std::size_t m_count = 0;
  std::uint64_t m_entries[window];
};

} // namespace mallocspy::spies
