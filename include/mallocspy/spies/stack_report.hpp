// SPDX-License-Identifier: MIT
// Stored call stacks for people.
// source: ours
#pragma once

#include <cstddef>
#include <mallocspy/spies/call_stack.hpp>

namespace mallocspy {

struct titled_stack {
  const char* title; // written before the stack's lines, as it is; null: nothing
  stack_id stack;
};

// effects: writes each title and a line for each frame of its stack to a file descriptor (2: stderr): demangled functions,
//   and file and line where there is debug information; without the frames of this library at the inner end. Names are
//   looked up in a copy of the process, so nothing is allocated in this one; where that is not possible, functions have the
//   linker's names
// threads: any; not in a hook
MALLOCSPY_API void print_stacks(int descriptor, const titled_stack* stacks, std::size_t count) noexcept;

} // namespace mallocspy
