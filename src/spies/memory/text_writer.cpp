// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock; errno is kept.
#include "spies/memory/text_writer.hpp"

#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace mallocspy::spies {

text_writer& text_writer::bytes(const void* data, std::size_t size) noexcept {
  const char* from = static_cast<const char*>(data);
  while (size != 0) {
    if (m_filled == sizeof m_buffer) {
      flush();
    }
    const std::size_t part = size < sizeof m_buffer - m_filled ? size : sizeof m_buffer - m_filled;
    std::memcpy(m_buffer + m_filled, from, part);
    m_filled += part;
    from += part;
    size -= part;
  }
  return *this;
}

text_writer& text_writer::text(const char* words) noexcept {
  return bytes(words, std::strlen(words));
}

void text_writer::digits(std::uint64_t value, unsigned base) noexcept {
  char reversed[24]; // 2^64 has 20 decimal digits
  std::size_t at = sizeof reversed;
  do {
    reversed[--at] = "0123456789abcdef"[value % base];
    value /= base;
  } while (value != 0);
  bytes(reversed + at, sizeof reversed - at);
}

text_writer& text_writer::number(std::uint64_t value) noexcept {
  digits(value, 10);
  return *this;
}

text_writer& text_writer::hex(std::uint64_t value) noexcept {
  text("0x");
  digits(value, 16);
  return *this;
}

bool text_writer::flush() noexcept {
  const int kept = errno;
  std::size_t done = 0;
  while (m_ok && done < m_filled) {
    const ssize_t n = ::write(m_descriptor, m_buffer + done, m_filled - done);
    if (n < 0 && errno != EINTR) {
      m_ok = false;
    }
    done += n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  m_filled = 0;
  errno = kept;
  return m_ok;
}

} // namespace mallocspy::spies
