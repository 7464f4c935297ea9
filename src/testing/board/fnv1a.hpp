// SPDX-License-Identifier: MIT
// FNV-1a, 64 bits. A few lines, and no more library for whoever builds mallocspy: std::hash may change from one standard
// library to the next, and this one runs inside hooks too.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mallocspy::testing_detail {

inline constexpr std::uint64_t fnv1a_start = 0xCBF29CE484222325U;

// returns: the hash of more bytes behind those that made `hash`
inline std::uint64_t fnv1a(const void* bytes, std::size_t size, std::uint64_t hash = fnv1a_start) noexcept {
  const auto* at = static_cast<const unsigned char*>(bytes);
  for (const unsigned char* end = at + size; at != end; ++at) {
    hash = (hash ^ *at) * 0x100000001B3U;
  }
  return hash;
}

} // namespace mallocspy::testing_detail
