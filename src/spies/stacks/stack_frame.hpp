// SPDX-License-Identifier: MIT
// A frame of the stack, as it is after its callee has returned.
#pragma once

#include <cstdint>

namespace mallocspy::spies {

struct stack_frame {
  std::uintptr_t stack_pointer;
  std::uintptr_t return_address; // was read from the word below stack_pointer
  std::uintptr_t frame_pointer;
  std::uintptr_t slot; // where the callee had saved the frame pointer; 0: it did not touch it
};

} // namespace mallocspy::spies
