// SPDX-License-Identifier: MIT
// The numbers of the size code (size_code.hpp tells how they are used), and tables of what a size below 496 bytes looks
// like in the map and what the heap is asked for. They are looked up, not computed with branches: programs mix sizes, and
// no processor predicts them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace mallocspy::blocks {

inline constexpr std::size_t granule_size = 16;
inline constexpr unsigned granule_bits = 4;

inline constexpr std::uint8_t start_bit = 0x80;
inline constexpr std::uint8_t mark_bit = 0x40;
inline constexpr std::uint8_t freed_bit = 0x20;
inline constexpr std::uint8_t payload_mask = 0x1F;
inline constexpr unsigned payload_bits = 5;

inline constexpr std::uint8_t code_medium = 48; // and the 13 codes behind it
inline constexpr std::uint8_t code_large = 62;
inline constexpr std::uint8_t code_giant = 63;

inline constexpr std::size_t first_medium = code_medium;
inline constexpr std::size_t first_large = first_medium + ((code_large - code_medium) << payload_bits); // 496
inline constexpr std::size_t first_giant = std::size_t{1} << 29;                                        // 512 MiB

namespace detail {

// For each short size: bits 0 to 7 the first byte with its start bit, bits 8 to 15 the payload that continues it, and from
// bit 16 how far behind the first byte that goes: 1, or, with nothing to continue, 0, where the first byte goes afterwards.
constexpr std::uint32_t encode_short(std::size_t size) noexcept {
  if (size < first_medium) {
    return static_cast<std::uint32_t>(start_bit | size);
  }
  const std::size_t excess = size - first_medium;
  const std::size_t code = code_medium + (excess >> payload_bits);
  return static_cast<std::uint32_t>(start_bit | code | ((excess & payload_mask) << 8) | (1U << 16));
}

// For each value of a first byte: from bit 8 one more than the size without what the next byte adds, below that which bits
// of the next byte count. Or one of these, which are smaller than all short sizes' meanings.
inline constexpr std::int32_t means_large = 0;
inline constexpr std::int32_t means_giant = -1;
inline constexpr std::int32_t means_no_block = -2;

constexpr std::int32_t meaning_of(unsigned value) noexcept {
  const unsigned code = value & ~(unsigned{start_bit} | mark_bit);
  if ((value & start_bit) == 0) {
    return means_no_block;
  }
  if (code >= code_large) {
    return code == code_large ? means_large : means_giant;
  }
  if (code < code_medium) {
    return static_cast<std::int32_t>((code + 1) << 8);
  }
  const std::size_t base = first_medium + ((code - code_medium) << payload_bits);
  return static_cast<std::int32_t>(((base + 1) << 8) | payload_mask);
}

// Both tables at one address, which is then loaded once.
struct short_size_tables {
  std::array<std::uint32_t, first_large> codes{};
  // The whole granules that a block of the size has, in bytes: what the heap rounds it up to anyway, and at least one.
  std::array<std::uint16_t, first_large> extents{};
};
constexpr short_size_tables make_short_size_tables() noexcept {
  short_size_tables all;
  for (std::size_t size = 0; size < first_large; ++size) {
    all.codes[size] = encode_short(size);
    all.extents[size] =
        static_cast<std::uint16_t>(size == 0 ? granule_size : (size + granule_size - 1) & ~(granule_size - 1));
  }
  return all;
}
constexpr auto all_meanings() noexcept {
  std::array<std::int32_t, 256> all{};
  for (unsigned value = 0; value < 256; ++value) {
    all[value] = meaning_of(value);
  }
  return all;
}

inline constexpr short_size_tables short_sizes = make_short_size_tables();
inline constexpr auto meanings = all_meanings();

} // namespace detail

} // namespace mallocspy::blocks
