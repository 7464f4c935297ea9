// SPDX-License-Identifier: MIT
// One line of text on stderr, put together in a fixed buffer. All that the library ever says goes through it.
// Runs inside hooks: never allocates from what is hooked, takes no lock; errno is kept.
#pragma once

#include <cstddef>
#include <mallocspy/contract/export.h>

namespace mallocspy::blocks {

class MALLOCSPY_API line {
public:
  // Starts with "mallocspy: ".
  line() noexcept;

  // Text, a number in decimal, an address in hexadecimal. What does not fit is cut off.
  line& text(const char* words) noexcept;
  line& number(std::size_t value) noexcept;
  line& address(const void* p) noexcept;

  // effects: writes the line and its newline to stderr in one call, so that threads do not mix theirs
  void write() noexcept;

private:
  void digits(std::size_t value, unsigned base) noexcept;

  static constexpr std::size_t capacity = 240;
  char m_buffer[capacity + 1]; // and the newline
  std::size_t m_length = 0;
};

} // namespace mallocspy::blocks
