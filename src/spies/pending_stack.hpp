// SPDX-License-Identifier: MIT
// A call stack whose number is asked for after it was walked: what is done in between is done while the memory of the table
// of stacks, which is often far away, is on its way.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "blocks/client_frame.hpp"
#include "spies/lent_walk.hpp"
#include "spies/stack_walk.hpp"

#include <mallocspy/spies/call_stack.hpp>

namespace mallocspy::spies {

class pending_stack {
public:
  // effects: walks the stack of capture_client_stack_id(depth)
  MALLOCSPY_INLINE explicit pending_stack(std::size_t depth) noexcept
      : m_depth(depth), m_last(depth != 0 && blocks::client_frame != nullptr) {
    if (MALLOCSPY_LIKELY(m_last)) {
      m_told = walk_to_store(blocks::client_frame, depth < max_stack_depth ? depth : max_stack_depth, *m_last);
    }
  }

  // returns: its number; 0 if there is no memory for it
  MALLOCSPY_INLINE std::uint32_t number() noexcept {
    return MALLOCSPY_LIKELY(m_last) ? store_walk(m_told, *m_last) : capture_client_stack_id(m_depth);
  }

private:
  const std::size_t m_depth;
  const lent_walk m_last;
  std::uint64_t m_told = 0;
};

} // namespace mallocspy::spies
