// SPDX-License-Identifier: MIT
// A stored stack as text, without the frames of this library at its inner end.
// Runs inside hooks, if there is no debug information to look at: never allocates from what is hooked, takes no lock.
#pragma once

#include "spies/memory/text_writer.hpp"
#include "spies/symbols/debug_information.hpp"

#include <mallocspy/spies/call_stack.hpp>

namespace mallocspy::spies {

// returns: whether a function is part of the way from the program to a hook
MALLOCSPY_API bool is_own_function(const char* linker_name) noexcept;

// returns: how many of the innermost frames are this library's own
std::size_t own_frames_of(const stored_stack& stack) noexcept;

// effects: writes a line for each frame. `names`: for demangled functions, files and lines; may be null
void write_frames(text_writer& out, const stored_stack& stack, debug_information* names) noexcept;

} // namespace mallocspy::spies
