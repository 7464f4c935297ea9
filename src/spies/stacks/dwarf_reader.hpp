// SPDX-License-Identifier: MIT
// Reads the encodings of .eh_frame: fixed numbers, LEB128, encoded pointers. Never beyond its end: what would be there
// reads as 0, and ok() says so afterwards.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace mallocspy::spies {

// How a pointer is encoded (DW_EH_PE_*, of the Linux Standard Base).
inline constexpr std::uint8_t pointer_omitted = 0xFF;
inline constexpr std::uint8_t pointer_indirect = 0x80;
inline constexpr std::uint8_t pointer_relative = 0x70; // a mask: 0x10 is "to its own place"
inline constexpr std::uint8_t pointer_format = 0x0F;   // a mask

class dwarf_reader {
public:
  dwarf_reader(const std::uint8_t* begin, const std::uint8_t* end) noexcept : m_at(begin), m_end(end) {}

  bool ok() const noexcept {
    return m_ok;
  }
  bool at_end() const noexcept {
    return m_at >= m_end;
  }
  const std::uint8_t* position() const noexcept {
    return m_at;
  }

  template <class Number> Number fixed() noexcept {
    Number value = 0;
    if (has(sizeof value)) {
      std::memcpy(&value, m_at, sizeof value);
      m_at += sizeof value;
    }
    return value;
  }
  std::uint8_t byte() noexcept {
    return fixed<std::uint8_t>();
  }
  void skip(std::size_t count) noexcept {
    if (has(count)) {
      m_at += count;
    }
  }

  std::uint64_t uleb() noexcept {
    return leb().value;
  }
  std::int64_t sleb() noexcept {
    const number n = leb();
    const bool negative = n.bits < 64 && (n.last & 0x40U) != 0;
    return static_cast<std::int64_t>(negative ? n.value | (~std::uint64_t{0} << n.bits) : n.value);
  }

  // Absolute and relative to its own place; all that compilers write for frames. Others end in !ok().
  std::uintptr_t pointer(std::uint8_t encoding) noexcept {
    const auto place = reinterpret_cast<std::uintptr_t>(m_at);
    std::uintptr_t value = 0;
    switch (encoding & pointer_format) {
    case 0x0: // as wide as a pointer
    case 0x4:
    case 0xC:
      value = fixed<std::uint64_t>();
      break;
    case 0x1:
      value = uleb();
      break;
    case 0x2:
      value = fixed<std::uint16_t>();
      break;
    case 0x3:
      value = fixed<std::uint32_t>();
      break;
    case 0x9:
      value = static_cast<std::uintptr_t>(sleb());
      break;
    case 0xA:
      value = static_cast<std::uintptr_t>(std::intptr_t{fixed<std::int16_t>()});
      break;
    case 0xB:
      value = static_cast<std::uintptr_t>(std::intptr_t{fixed<std::int32_t>()});
      break;
    default:
      m_ok = false;
    }
    switch (encoding & pointer_relative) {
    case 0x00:
      return value;
    case 0x10:
      return value + place;
    default:
      m_ok = false;
      return 0;
    }
  }

private:
  struct number {
    std::uint64_t value;
    unsigned bits;
    std::uint8_t last;
  };

  bool has(std::size_t count) noexcept {
    if (m_at > m_end || static_cast<std::size_t>(m_end - m_at) < count) {
      m_ok = false;
      m_at = m_end;
      return false;
    }
    return true;
  }
  number leb() noexcept {
    number n{0, 0, 0};
    do {
      n.last = byte();
      if (n.bits < 64) {
        n.value |= std::uint64_t{n.last & 0x7FU} << n.bits;
      }
      n.bits += 7;
    } while ((n.last & 0x80U) != 0);
    return n;
  }

  const std::uint8_t* m_at;
  const std::uint8_t* m_end;
  bool m_ok = true;
};

} // namespace mallocspy::spies
