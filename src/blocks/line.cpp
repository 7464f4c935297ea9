// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock; errno is kept.
#include "blocks/line.hpp"

#include <cerrno>
#include <cstdint>
#include <unistd.h>

namespace mallocspy::blocks {

line::line() noexcept {
  text("mallocspy: ");
}

line& line::text(const char* words) noexcept {
  while (*words != '\0' && m_length < capacity) {
    m_buffer[m_length++] = *words++;
  }
  return *this;
}

line& line::number(std::size_t value) noexcept {
  digits(value, 10);
  return *this;
}

line& line::address(const void* p) noexcept {
  text("0x");
  digits(reinterpret_cast<std::uintptr_t>(p), 16);
  return *this;
}

void line::digits(std::size_t value, unsigned base) noexcept {
  char reversed[24]; // 2^64 has 20 decimal digits
  std::size_t count = 0;
  do {
    reversed[count++] = "0123456789abcdef"[value % base];
    value /= base;
  } while (value != 0);
  while (count != 0 && m_length < capacity) {
    m_buffer[m_length++] = reversed[--count];
  }
}

void line::write() noexcept {
  const int kept = errno;
  m_buffer[m_length] = '\n';
  std::size_t done = 0;
  while (done <= m_length) {
    const ssize_t n = ::write(STDERR_FILENO, m_buffer + done, m_length + 1 - done);
    if (n <= 0 && errno != EINTR) {
      break; // nobody to tell
    }
    done += n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  errno = kept;
}

} // namespace mallocspy::blocks
