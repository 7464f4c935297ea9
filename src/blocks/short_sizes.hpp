// SPDX-License-Identifier: MIT
// The numbers of the size code (size_code.hpp tells how they are used), the size classes, and tables of what a short size
// looks like in the map and which class it has. They are looked up, not computed with branches: programs mix sizes, and no
// processor predicts them.
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

inline constexpr std::uint8_t code_medium = 49; // and the 12 codes behind it
inline constexpr std::uint8_t code_large = 62;
inline constexpr std::uint8_t code_giant = 63;

inline constexpr std::size_t first_medium = code_medium;
inline constexpr std::size_t first_large = 385;
inline constexpr std::size_t first_giant = std::size_t{1} << 29; // 512 MiB

// The size classes of short blocks, by what a block of the class can hold. They are mimalloc's own: a request for that many
// bytes is one that wastes nothing.
using size_class = std::size_t;
inline constexpr std::array<std::uint16_t, 15> class_extents = {0,   16,  32,  48,  64,  80,  96, 112,
                                                                128, 160, 192, 224, 256, 320, 384};
inline constexpr size_class no_block_class = 0; // of a byte of the map at which no unmarked block starts
inline constexpr size_class long_class = 15;    // of a block that has none: its size is not short
inline constexpr std::size_t class_count = 16;

namespace detail {

// Where the sizes of each medium code begin; each code's are of one class.
inline constexpr std::array<std::uint16_t, 14> medium_begins = {49,  65,  81,  97,  113, 129, 161,
                                                                193, 225, 257, 289, 321, 353, 385};
static_assert(medium_begins.front() == first_medium && medium_begins.back() == first_large);
static_assert(medium_begins.size() == std::size_t{code_large} - code_medium + 1);

constexpr size_class class_of_size(std::size_t size) noexcept {
  size_class at = 1;
  while (class_extents[at] < size) {
    ++at;
  }
  return at;
}

// For each short size: bits 0 to 7 the first byte with its start bit, bits 8 to 15 the payload that continues it, and from
// bit 16 how far behind the first byte that goes: 1, or, with nothing to continue, 0, where the first byte goes afterwards.
constexpr std::uint32_t encode_short(std::size_t size) noexcept {
  if (size < first_medium) {
    return static_cast<std::uint32_t>(start_bit | size);
  }
  std::size_t at = 0;
  while (medium_begins[at + 1] <= size) {
    ++at;
  }
  const std::size_t payload = size - medium_begins[at];
  return static_cast<std::uint32_t>(start_bit | (code_medium + at) | (payload << 8) | (1U << 16));
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
  return ((medium_begins[code - code_medium] + 1) << 8) | payload_mask;
}

constexpr size_class class_of_value(unsigned value) noexcept {
  if ((value & start_bit) == 0 || (value & mark_bit) != 0) {
    return no_block_class;
  }
  const std::int32_t meaning = meaning_of(value);
  return meaning <= 0 ? long_class : class_of_size(static_cast<std::size_t>(meaning >> 8) - 1);
}

// All tables that an allocation looks into at one address, which is then loaded once.
struct short_size_tables {
  std::array<std::uint32_t, first_large> codes{};
  std::array<std::uint8_t, first_large> classes{};
};
constexpr short_size_tables make_short_size_tables() noexcept {
  short_size_tables all;
  for (std::size_t size = 0; size < first_large; ++size) {
    all.codes[size] = encode_short(size);
    all.classes[size] = static_cast<std::uint8_t>(class_of_size(size));
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
constexpr auto all_value_classes() noexcept {
  std::array<std::uint8_t, 256> all{};
  for (unsigned value = 0; value < 256; ++value) {
    all[value] = static_cast<std::uint8_t>(class_of_value(value));
  }
  return all;
}

inline constexpr short_size_tables short_sizes = make_short_size_tables();
inline constexpr auto meanings = all_meanings();

} // namespace detail

// For each byte of the map the class of the unmarked block that starts there; no_block_class if none does.
inline constexpr auto value_classes = detail::all_value_classes();
// A table in which there are none.
inline constexpr decltype(value_classes) no_classes{};

// returns: the class of a size below first_large
inline size_class class_of_short(std::size_t size) noexcept {
  return detail::short_sizes.classes[size];
}

// returns: the class of the block that starts where this byte of the map was read, marked or not
inline size_class class_of_block(std::uint8_t value) noexcept {
  return value_classes[value & ~unsigned{mark_bit}];
}

// returns: the same, of a marked block
inline size_class class_of_marked(std::uint8_t value) noexcept {
  return value_classes[std::size_t{value} - mark_bit];
}

} // namespace mallocspy::blocks
