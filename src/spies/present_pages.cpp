// SPDX-License-Identifier: MIT
#include "spies/present_pages.hpp"

#include <algorithm>
#include <fcntl.h>
#include <unistd.h>

namespace mallocspy::spies {

namespace {

constexpr std::uint64_t present_or_swapped = std::uint64_t{3} << 62;

std::uintptr_t page_size() noexcept {
  static const auto size = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

} // namespace

bool present_pages::open() noexcept {
  m_pagemap = ::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  m_memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  return m_memory >= 0;
}

present_pages::~present_pages() {
  if (m_pagemap >= 0) {
    ::close(m_pagemap);
  }
  if (m_memory >= 0) {
    ::close(m_memory);
  }
}

bool present_pages::entry(std::uintptr_t page_number, std::uint64_t& value) noexcept {
  if (page_number < m_first || page_number - m_first >= m_count) {
    const ssize_t n = ::pread(m_pagemap, m_entries, sizeof m_entries, static_cast<off_t>(page_number * sizeof value));
    m_first = page_number;
    m_count = n > 0 ? static_cast<std::size_t>(n) / sizeof value : 0;
    if (m_count == 0) {
      return false;
    }
  }
  value = m_entries[page_number - m_first];
  return true;
}

bool present_pages::is_present(std::uintptr_t begin, std::uintptr_t end, std::uintptr_t& part_end) noexcept {
  std::uint64_t value = 0;
  std::uintptr_t page = begin / page_size();
  if (m_pagemap < 0 || !entry(page, value)) {
    part_end = end;
    return true;
  }
  const bool present = (value & present_or_swapped) != 0;
  do {
    ++page;
  } while (page * page_size() < end && entry(page, value) && ((value & present_or_swapped) != 0) == present);
  part_end = std::min(end, page * page_size());
  return present;
}

bool present_pages::can_read(std::uintptr_t address) const noexcept {
  std::uintptr_t value = 0;
  return ::pread(m_memory, &value, sizeof value, static_cast<off_t>(address)) == static_cast<ssize_t>(sizeof value);
}

} // namespace mallocspy::spies
