// SPDX-License-Identifier: MIT
// Fills a block with bytes that depend on a key, and checks later that they are still there.
#pragma once

#include <cstddef>

namespace support {

inline unsigned char pattern_byte(std::size_t key, std::size_t i) noexcept {
  return static_cast<unsigned char>(key * 151 + i * 7 + 13);
}

inline void fill(void* block, std::size_t size, std::size_t key, std::size_t from = 0) noexcept {
  auto* bytes = static_cast<unsigned char*>(block);
  for (std::size_t i = from; i < size; ++i) {
    bytes[i] = pattern_byte(key, i);
  }
}

// returns: whether the first `size` bytes are as filled with this key
inline bool holds(const void* block, std::size_t size, std::size_t key) noexcept {
  const auto* bytes = static_cast<const unsigned char*>(block);
  unsigned char difference = 0;
  for (std::size_t i = 0; i < size; ++i) {
    difference = static_cast<unsigned char>(difference | (bytes[i] ^ pattern_byte(key, i)));
  }
  return difference == 0;
}

} // namespace support
