// SPDX-License-Identifier: MIT
// What made each block, and how many bytes its client asked for: four bytes for each 16 bytes of address space, in leaves
// that are made when first needed. Exists only while mismatches are reported.
// Runs inside hooks: never allocates from what is hooked, takes no lock. threads: any, each about blocks of its own
#pragma once

#include <cstddef>
#include <cstdint>

namespace mallocspy::interpose {

enum class origin : std::uint8_t {
  unknown, // nothing is remembered
  c_library,
  object,
  array,
  aligned_object,
  aligned_array,
};

struct remembered {
  origin made_by;
  std::size_t size; // largest_known where the block is larger
};
inline constexpr std::size_t largest_known = (std::size_t{1} << 29) - 1;

// effects: remembers it of the block at p. Where there is no memory for that, or p is no multiple of 16, nothing
void remember_origin(const void* p, origin made_by, std::size_t size) noexcept;

// returns: what is remembered of the block at p
remembered origin_of(const void* p) noexcept;

} // namespace mallocspy::interpose
