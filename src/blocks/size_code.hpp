// SPDX-License-Identifier: MIT
// How the map's bytes hold the requested size of a block.
//
// One byte stands for one granule (16 bytes of address space). The byte of a block's first granule:
//
//     7      6     5..0
//   start  mark    code      0..48: the size itself
//                            49..61: a range of sizes of one class, up to 384; how far into it, in the next byte
//                            62, 63: a larger size, in the bytes of the block's own further granules
//
// Any other byte:
//
//     7      6      5      4..0
//     0    mark   freed   payload (five bits of a continued size)
//
// mark   a client pointer of a spied block lies here (spied_set.hpp)
// freed  a block started here once, or a spied client pointer lay here; told by misuse reports, never trusted
//
// A size from 49 bytes has four granules, so the next byte is its own. A large one has 25 granules: it finds an aligned
// word of eight within the first 16, and a second one within the first 24.
#pragma once

#include "blocks/hints.hpp"
#include "blocks/short_sizes.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace mallocspy::blocks {

using map_byte = std::atomic<std::uint8_t>;

// Whether the marks among the bytes that are written survive. A fresh block outside of spying has none; of one for a client
// under a spy, whose pointer no hook moves, the first byte gets one.
enum class marks { none, keep, set };

// How a size below first_large is written, looked up before the block is there.
using short_code = std::uint32_t;
inline short_code code_of_short(std::size_t size) noexcept {
  return detail::short_sizes.codes[size];
}

// effects: writes what does not fit into the first byte behind it; `first` itself may hold anything afterwards, but no
//   start
// returns: in bits 0 to 7 the first byte, with its start bit
inline short_code write_short_size(map_byte* first, short_code code, marks m) noexcept;

// effects: the same for a size from first_large
// returns: the first byte, with its start bit
inline std::uint8_t write_large_size(map_byte* first, std::size_t size, marks m) noexcept;

// effects, returns: the same for any size
inline std::uint8_t write_size(map_byte* first, std::size_t size, marks m) noexcept {
  return size < first_large ? static_cast<std::uint8_t>(write_short_size(first, code_of_short(size), m))
                            : write_large_size(first, size, m);
}

// returns: the size of the block whose first byte is at `first` and was read as `value`; no_size if no block starts there.
//   Reads the byte behind `first` in any case
inline std::size_t read_size(const map_byte* first, std::uint8_t value) noexcept;

// returns: the same for a size below first_giant; no_size for larger ones too
inline std::size_t read_size_below_giant(const map_byte* first, std::uint8_t value) noexcept;

// A block that was asked for with this much has room for a large size's code, whatever its own size.
inline constexpr std::size_t room_for_large = 16 * granule_size;

inline constexpr std::size_t no_size = static_cast<std::size_t>(-1);

namespace detail {

using map_word = std::atomic<std::uint64_t>;
static_assert(sizeof(map_word) == 8 && sizeof(map_byte) == 1);
static_assert(map_word::is_always_lock_free && map_byte::is_always_lock_free);

inline constexpr std::uint64_t word_of_marks = 0x4040404040404040U;

// A large size stays where it is as far as bits 0 to 4 of each byte go; bits 5 to 7 of the first three bytes move to the
// last three. Twenty-nine bits fit, and two masks and a shift bring them back.
inline constexpr std::uint64_t staying_bits = 0x1F1F1F1FU;
inline constexpr std::uint64_t moving_bits = 0x00E0E0E0U;
inline constexpr unsigned moved_by = 35;

// A giant one, forty bits into the low five bits of each of eight bytes, by halving: 20 and 20, then 10, then 5.
inline constexpr std::size_t giant_word = std::size_t{1} << 40;
constexpr std::uint64_t spread(std::uint64_t v) noexcept {
  v = (v & 0xFFFFFU) | ((v & 0xFFFFF00000U) << 12);
  v = (v & 0x000003FF000003FFU) | ((v & 0x000FFC00000FFC00U) << 6);
  v = (v & 0x001F001F001F001FU) | ((v & 0x03E003E003E003E0U) << 3);
  return v;
}

constexpr std::uint64_t gather(std::uint64_t v) noexcept {
  v = (v & 0x001F001F001F001FU) | ((v >> 3) & 0x03E003E003E003E0U);
  v = (v & 0x000003FF000003FFU) | ((v >> 6) & 0x000FFC00000FFC00U);
  return (v & 0xFFFFFU) | ((v >> 12) & 0xFFFFF00000U);
}

// The aligned word behind the first byte. All accesses are atomic, so reports may look at blocks of other threads.
inline map_word* word_behind(map_byte* first) noexcept {
  return reinterpret_cast<map_word*>((reinterpret_cast<std::uintptr_t>(first) | 7U) + 1);
}
inline const map_word* word_behind(const map_byte* first) noexcept {
  return word_behind(const_cast<map_byte*>(first));
}

inline void write_byte(map_byte& byte, std::uint8_t payload, marks m) noexcept {
  const std::uint8_t kept = m == marks::keep ? byte.load(std::memory_order_relaxed) & mark_bit : 0;
  byte.store(static_cast<std::uint8_t>(payload | kept), std::memory_order_relaxed);
}

inline void write_word(map_word& word, std::uint64_t payload, marks m) noexcept {
  const std::uint64_t kept = m == marks::keep ? word.load(std::memory_order_relaxed) & word_of_marks : 0;
  word.store(payload | kept, std::memory_order_relaxed);
}

} // namespace detail

inline short_code write_short_size(map_byte* first, short_code code, marks m) noexcept {
  detail::write_byte(first[code >> 16], static_cast<std::uint8_t>(code >> 8), m);
  return code;
}

inline std::uint8_t write_large_size(map_byte* first, std::size_t size, marks m) noexcept {
  detail::map_word* word = detail::word_behind(first);
  if (size < first_giant) {
    detail::write_word(word[0], (size & detail::staying_bits) | ((size & detail::moving_bits) << detail::moved_by), m);
    return start_bit | code_large;
  }
  detail::write_word(word[0], detail::spread(size & (detail::giant_word - 1)), m);
  detail::write_word(word[1], detail::spread(size / detail::giant_word), m);
  return start_bit | code_giant;
}

MALLOCSPY_OUT_OF_LINE inline std::size_t read_giant_size(const map_byte* first) noexcept {
  const detail::map_word* word = detail::word_behind(first);
  const std::size_t low = detail::gather(word[0].load(std::memory_order_relaxed));
  return low | detail::gather(word[1].load(std::memory_order_relaxed)) * detail::giant_word;
}

inline std::size_t read_size_below_giant(const map_byte* first, std::uint8_t value) noexcept {
  const std::int32_t known = detail::meanings[value];
  if (MALLOCSPY_LIKELY(known > detail::means_large)) {
    const auto short_size = static_cast<std::uint32_t>(known);
    const std::uint32_t next = first[1].load(std::memory_order_relaxed); // a leaf has a byte behind its last one
    return (short_size >> 8) + (next & short_size) - 1;
  }
  if (known == detail::means_large) {
    const std::uint64_t word = detail::word_behind(first)->load(std::memory_order_relaxed);
    return (word & detail::staying_bits) | ((word >> detail::moved_by) & detail::moving_bits);
  }
  return no_size;
}

inline std::size_t read_size(const map_byte* first, std::uint8_t value) noexcept {
  const std::size_t size = read_size_below_giant(first, value);
  const bool is_giant = MALLOCSPY_UNLIKELY(size == no_size) && detail::meanings[value] == detail::means_giant;
  return is_giant ? read_giant_size(first) : size;
}

} // namespace mallocspy::blocks
