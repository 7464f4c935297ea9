// SPDX-License-Identifier: MIT
// Text to a file descriptor, through a fixed buffer.
// Runs inside hooks: never allocates from what is hooked, takes no lock; errno is kept.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mallocspy::spies {

class text_writer {
public:
  explicit text_writer(int descriptor) noexcept : m_descriptor(descriptor) {}
  ~text_writer() {
    flush();
  }
  text_writer(const text_writer&) = delete;
  text_writer& operator=(const text_writer&) = delete;

  text_writer& text(const char* words) noexcept;
  text_writer& number(std::uint64_t value) noexcept; // decimal
  text_writer& hex(std::uint64_t value) noexcept;    // with 0x
  text_writer& bytes(const void* data, std::size_t size) noexcept;

  // effects: writes what is in the buffer. returns: false once anything could not be written; the rest is dropped
  bool flush() noexcept;

private:
  void digits(std::uint64_t value, unsigned base) noexcept;

  int m_descriptor;
  bool m_ok = true;
  std::size_t m_filled = 0;
  char m_buffer[4096];
};

} // namespace mallocspy::spies
