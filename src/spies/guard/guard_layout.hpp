// SPDX-License-Identifier: MIT
// Where in its raw block a guarded block lies.
//
//   red zones   raw [front: red][client: size][red]
//   pages       raw [at least red][client: size][red, up to the alignment] end [inaccessible page]
#pragma once

#include "spies/guard/guard_block.hpp"

namespace mallocspy::spies {

inline std::uintptr_t rounded_up(std::uintptr_t value, std::uintptr_t unit) noexcept {
  return (value + (unit - 1)) & ~(unit - 1);
}

class guard_layout {
public:
  // size: the client's; alignment: a power of two; page: 0 for red zones
  guard_layout(SIZE_T size, SIZE_T alignment, SIZE_T red_zone, std::uintptr_t page, bool exact_end) noexcept
      : m_size(size), m_red(red_zone), m_page(page) {
    constexpr SIZE_T usual = 2 * sizeof(void*);
    m_alignment = alignment > usual ? alignment : usual;
    if (page != 0 && exact_end && alignment <= usual) {
      m_alignment = 1;
    }
  }

  bool paged() const noexcept {
    return m_page != 0;
  }

  // returns: the bytes to ask the heap for; more than it has if the size is absurd
  SIZE_T total() const noexcept {
    if (m_size > PTRDIFF_MAX / 2) {
      return SIZE_MAX;
    }
    return paged() ? m_red + m_page + span() + unit() + m_page : front() + m_size + m_red;
  }

  // effects: fills in where the block lies, in a raw block of raw_size bytes, which is at least total()
  void place(guarded_block& block, void* raw, SIZE_T raw_size) const noexcept {
    block.raw = static_cast<char*>(raw);
    block.raw_size = raw_size;
    block.size = m_size;
    block.paged = paged();
    if (paged()) {
      const auto start = reinterpret_cast<std::uintptr_t>(raw);
      const std::uintptr_t end = rounded_up(rounded_up(start + m_red, m_page) + span(), unit());
      block.end = block.raw + (end - start);
      block.client = block.end - span();
    } else {
      block.client = block.raw + front();
      block.end = block.client + m_size + m_red;
    }
  }

private:
  SIZE_T front() const noexcept {
    return rounded_up(m_red, m_alignment);
  }
  SIZE_T span() const noexcept {
    return rounded_up(m_size, m_alignment);
  }
  SIZE_T unit() const noexcept {
    return m_page > m_alignment ? m_page : m_alignment;
  }

  SIZE_T m_size;
  SIZE_T m_red;
  SIZE_T m_alignment;
  std::uintptr_t m_page;
};

} // namespace mallocspy::spies
