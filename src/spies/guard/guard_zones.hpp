// SPDX-License-Identifier: MIT
// The bytes around and in guarded blocks: written, and looked at later.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "spies/guard/guard_block.hpp"

#include <cstring>

namespace mallocspy::spies {

inline constexpr unsigned char red_byte = 0xFB;
inline constexpr unsigned char fresh_byte = 0xA5;
inline constexpr unsigned char freed_byte = 0xDF;

// returns: the first byte from `begin` on that is not `value`; `end` if all are
inline const char* first_other(const char* begin, const char* end, unsigned char value) noexcept {
  std::uint64_t word = 0;
  std::memset(&word, value, sizeof word);
  while (end - begin >= static_cast<std::ptrdiff_t>(sizeof word)) {
    std::uint64_t there = 0;
    std::memcpy(&there, begin, sizeof there);
    if (there != word) {
      break;
    }
    begin += sizeof word;
  }
  while (begin != end && static_cast<unsigned char>(*begin) == value) {
    ++begin;
  }
  return begin;
}

// A damaged byte, seen from the block's start.
struct damage {
  bool found;
  guard_fault fault;
  std::ptrdiff_t offset;
};

class zones {
public:
  zones(SIZE_T bytes, SIZE_T most_fill) noexcept : m_bytes(static_cast<std::ptrdiff_t>(bytes)), m_most_fill(most_fill) {}

  // returns: how many bytes of a block of that size are filled
  SIZE_T filled_part(SIZE_T size) const noexcept {
    return size < m_most_fill ? size : m_most_fill;
  }

  void write(const guarded_block& block) const noexcept {
    std::memset(block.client - m_bytes, red_byte, static_cast<std::size_t>(m_bytes));
    char* behind = block.client + block.size;
    std::memset(behind, red_byte, static_cast<std::size_t>(block.end - behind));
  }

  // returns: the first damage that was not told yet; `freed`: of a block in quarantine
  damage look(const guarded_block& block, bool freed) const noexcept {
    if (block.paged && freed) {
      return none; // nobody could
    }
    const char* behind = block.client + block.size;
    if (const char* p = first_other(behind, block.end, red_byte); p != block.end && !told(block, guard_fault::overflow)) {
      return {true, guard_fault::overflow, p - block.client};
    }
    const char* front = block.client - m_bytes;
    if (const char* p = first_other(front, block.client, red_byte);
        p != block.client && !told(block, guard_fault::underflow)) {
      return {true, guard_fault::underflow, p - block.client};
    }
    if (block.filled && freed && !told(block, guard_fault::use_after_free)) {
      const char* filled_end = block.client + filled_part(block.size);
      if (const char* p = first_other(block.client, filled_end, freed_byte); p != filled_end) {
        return {true, guard_fault::use_after_free, p - block.client};
      }
    }
    return none;
  }

  static void mark_told(guarded_block& block, guard_fault fault) noexcept {
    block.told = static_cast<std::uint8_t>(block.told | bit(fault));
  }

private:
  static constexpr damage none{false, guard_fault::overflow, 0};

  static unsigned bit(guard_fault fault) noexcept {
    return 1U << static_cast<unsigned>(fault);
  }
  static bool told(const guarded_block& block, guard_fault fault) noexcept {
    return (block.told & bit(fault)) != 0;
  }

  std::ptrdiff_t m_bytes;
  SIZE_T m_most_fill;
};

} // namespace mallocspy::spies
