// SPDX-License-Identifier: MIT
#include "spies/process/present_pages.hpp"

#include <algorithm>
#include <fcntl.h>
#include <unistd.h>

namespace mallocspy::spies {

bool present_pages::open() noexcept {
  m_pages.open(); // without it all pages count as present
  m_memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  return m_memory >= 0;
}

present_pages::~present_pages() {
  if (m_memory >= 0) {
    ::close(m_memory);
  }
}

bool present_pages::is_present(std::uintptr_t begin, std::uintptr_t end, std::uintptr_t& part_end) noexcept {
  std::uint64_t value = 0;
  std::uintptr_t page = m_pages.number_of(begin);
  if (!m_pages.read(page, value)) {
    part_end = end;
    return true;
  }
  const bool present = (value & page_entries::present_or_swapped) != 0;
  do {
    ++page;
  } while (m_pages.begin_of(page) < end && m_pages.read(page, value) &&
           ((value & page_entries::present_or_swapped) != 0) == present);
  part_end = std::min(end, m_pages.begin_of(page));
  return present;
}

bool present_pages::can_read(std::uintptr_t address) const noexcept {
  std::uintptr_t value = 0;
  return ::pread(m_memory, &value, sizeof value, static_cast<off_t>(address)) == static_cast<ssize_t>(sizeof value);
}

} // namespace mallocspy::spies
