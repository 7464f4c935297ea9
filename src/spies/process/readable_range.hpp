// SPDX-License-Identifier: MIT
// The part of the memory above the stack pointer that is known to be readable, so that no stack, however odd, makes a walk
// crash. It grows page by page: the kernel is asked about each page once.
// Runs inside hooks: never allocates from what is hooked, takes no lock; errno is kept.
#pragma once

#include "blocks/hints.hpp"

#include <cstdint>

namespace mallocspy::spies {

// returns: whether the page around the address can be read. threads: any
bool page_is_readable(std::uintptr_t address) noexcept;

class readable_range {
public:
  // effects: starts a walk at this stack pointer. What was known of the same stack is kept
  void start_at(std::uintptr_t stack_pointer) noexcept {
    if (MALLOCSPY_UNLIKELY(stack_pointer < m_low || stack_pointer >= m_high)) {
      move_to(stack_pointer);
    }
  }

  // returns: whether the word at the address lies in the stack above where the walk started, and can be read
  bool holds(std::uintptr_t address) noexcept {
    if (MALLOCSPY_LIKELY(address >= m_low && address < m_high)) {
      return address % sizeof(std::uintptr_t) == 0;
    }
    return address % sizeof(std::uintptr_t) == 0 && reach(address);
  }

  // returns: the same for the word that ends at `end`, which is known to be above. Where it lies in what is known, it need
  //   not be aligned
  MALLOCSPY_INLINE bool holds_up_to(std::uintptr_t end) noexcept {
    return MALLOCSPY_LIKELY(end <= m_high) || holds(end - sizeof(std::uintptr_t));
  }

private:
  void move_to(std::uintptr_t stack_pointer) noexcept;
  bool reach(std::uintptr_t address) noexcept;

  std::uintptr_t m_low = 0;
  std::uintptr_t m_high = 0;
};

} // namespace mallocspy::spies
