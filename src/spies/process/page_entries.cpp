// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "spies/process/page_entries.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace mallocspy::spies {

page_entries::page_entries() noexcept
    : m_page_bits(static_cast<unsigned>(__builtin_ctzl(static_cast<unsigned long>(::sysconf(_SC_PAGESIZE))))) {}

page_entries::~page_entries() {
  if (m_file >= 0) {
    ::close(m_file);
  }
}

bool page_entries::open() noexcept {
  m_file = ::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  return m_file >= 0;
}

bool page_entries::read_window(window& w, std::uintptr_t page_number) const noexcept {
  w.first = page_number / window_pages * window_pages;
  const ssize_t n =
      m_file < 0 ? -1 : ::pread(m_file, w.entry, sizeof w.entry, static_cast<off_t>(w.first * sizeof w.entry[0]));
  w.pages = n > 0 ? static_cast<std::size_t>(n) / sizeof w.entry[0] : 0;
  return page_number - w.first < w.pages;
}

} // namespace mallocspy::spies
