// SPDX-License-Identifier: MIT
// The hash of a stack's return addresses. It grows from the outermost frame inwards, so that a frame can keep that of
// itself and all its callers; what some number of innermost frames has is then told by two of those.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mallocspy::spies {

namespace hash_detail {

// Odd, so that no address is lost; one less is twice something odd, so that few bits of differences are.
inline constexpr std::uint64_t base = 0x9E3779B97F4A7C1BU;
static_assert(base % 4 == 3);

inline constexpr std::size_t most_frames = 64;

struct powers {
  std::uint64_t values[most_frames + 1];

  constexpr powers() : values{} {
    std::uint64_t power = 1;
    for (auto& value : values) {
      value = power;
      power *= base;
    }
  }
};
inline constexpr powers of_base;

} // namespace hash_detail

// returns: the sum for a frame and its callers, from that for its callers alone; theirs is 0 if there are none
constexpr std::uint64_t sum_with_callers(std::uintptr_t return_address, std::uint64_t callers) noexcept {
  return callers * hash_detail::base + return_address;
}

// returns: the hash of `count` frames, never 0, from the sums for the innermost of them and for the callers of the
//   outermost. count: at most most_frames
constexpr std::uint64_t hash_of_frames(std::uint64_t innermost, std::uint64_t callers, std::size_t count) noexcept {
  std::uint64_t hash = innermost - callers * hash_detail::of_base.values[count] + count;
  hash ^= hash >> 32;
  hash *= 0xD6E8FEB86659FD93U;
  hash ^= hash >> 32;
  return hash == 0 ? 1 : hash;
}

} // namespace mallocspy::spies
