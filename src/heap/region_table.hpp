// SPDX-License-Identifier: MIT
// The regions of a private heap by their addresses: its segments, and its large blocks, which are regions of their own.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mallocspy::heap {

struct region {
  std::uintptr_t address; // 0: none
  std::size_t mapped;     // bytes
  std::size_t size;       // the requested size of a large block; is_segment for a segment

  static constexpr std::size_t is_segment = static_cast<std::size_t>(-1);
};

class region_table {
public:
  // returns: the region that starts at the address, null if none does. Valid until the table changes
  region* find(std::uintptr_t address) noexcept {
    for (std::size_t i = place_of(address);; i = (i + 1) & m_mask) {
      if (m_places[i].address == address || m_places[i].address == 0) {
        return m_places[i].address == 0 ? nullptr : &m_places[i];
      }
    }
  }

  // effects: makes room for one more. returns: false without memory for it
  bool reserve() noexcept;

  // effects: enters a region that is not in; there must be room
  void insert(region r) noexcept;

  // effects: takes out a region that is in
  void erase(region* r) noexcept;

  // effects: takes all out, and gives the table's memory back
  void clear() noexcept;

  // returns: the region with the lowest address from `from` on, of the segments or of the large blocks; null if there is
  //   none
  region* next(std::uintptr_t from, bool segments) noexcept;

  // effects: calls visit(region) for each
  template <class Visit> void for_each(Visit visit) noexcept {
    for (std::size_t i = 0; i <= m_mask; ++i) {
      if (m_places[i].address != 0) {
        visit(m_places[i]);
      }
    }
  }

private:
  static constexpr std::size_t built_in = 4; // most heaps are small

  std::size_t place_of(std::uintptr_t address) const noexcept {
    return static_cast<std::size_t>((address * 0x9E3779B97F4A7C15U) >> 32) & m_mask;
  }
  bool grow() noexcept;

  region* m_places = m_built_in;
  std::size_t m_mask = built_in - 1;
  std::size_t m_count = 0;
  region m_built_in[built_in] = {};
};

} // namespace mallocspy::heap
