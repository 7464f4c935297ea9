// SPDX-License-Identifier: MIT
// The elements of a segment, one behind the other, read from the bytes beside it.
#pragma once

#include "heap/segment.hpp"

namespace mallocspy::heap {

enum class element_kind { live, kept, free, none };

struct element {
  element_kind kind;
  std::uintptr_t address;
  std::uintptr_t end; // where the next one starts
  std::size_t size;   // live: the requested size
};

// returns: the element that starts at the address; kind none if none does
inline element element_at(const segment& s, std::uintptr_t address) noexcept {
  if (!s.contains(address) || address % granule_size != 0) {
    return {element_kind::none, address, s.end, 0};
  }
  const std::uint8_t value = s.byte_of(address)->load(std::memory_order_relaxed);
  element_kind kind = element_kind::none;
  if ((value & blocks::start_bit) != 0) {
    kind = element_kind::live;
  } else if (value == kept_block) {
    kind = element_kind::kept;
  } else if (value == first_of_chunk || value == lone_chunk) {
    kind = element_kind::free;
  }
  const std::size_t size = kind == element_kind::live ? read_block(s, address) : 0;
  return {kind, address, next_boundary(s, address), size};
}

// effects: calls visit(element) for each until it returns false. returns: whether it never did, and all were elements
template <class Visit> bool for_each_element(const segment& s, Visit visit) noexcept {
  for (std::uintptr_t at = s.begin; at < s.end;) {
    const element e = element_at(s, at);
    if (e.kind == element_kind::none || !visit(e)) {
      return false;
    }
    at = e.end;
  }
  return true;
}

} // namespace mallocspy::heap
