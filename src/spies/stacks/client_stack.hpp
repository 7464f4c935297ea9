// SPDX-License-Identifier: MIT
// The stack of capture_client_stack_id() for a hook of which every instruction counts: without the calls that lead there.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "blocks/thread_words.hpp"
#include "spies/stacks/lent_walk.hpp"
#include "spies/stacks/stack_walk.hpp"

#include <mallocspy/spies/call_stack.hpp>

namespace mallocspy::spies {

// effects, returns: as capture_client_stack_id(depth)
MALLOCSPY_INLINE stack_id client_stack_here(std::size_t depth) noexcept {
  if (MALLOCSPY_LIKELY(depth != 0 && blocks::this_words.client_frame != nullptr)) {
    const lent_walk last;
    if (MALLOCSPY_LIKELY(last)) {
      return walk_and_store(blocks::this_words.client_frame, depth < max_stack_depth ? depth : max_stack_depth, *last);
    }
  }
  return capture_client_stack_id(depth);
}

} // namespace mallocspy::spies
