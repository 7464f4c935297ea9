// SPDX-License-Identifier: MIT
// Small pieces of the system's memory that are never given back.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include <cstddef>

namespace mallocspy::spies {

// returns: zeroed memory aligned to 16; null without memory. threads: any
void* take_permanently(std::size_t size) noexcept;

// returns: a copy of the string; null without memory. threads: any
const char* copy_permanently(const char* text) noexcept;

} // namespace mallocspy::spies
