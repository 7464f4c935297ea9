// SPDX-License-Identifier: MIT
// Whether a pointer looks like a block of glibc's malloc: the questions that glibc itself asks before it believes one, and
// ends the process where the answer is no. Its layout has been the same since 2.0.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include <cstdint>

namespace mallocspy::interpose {

// returns: whether the two words in front of the address describe a block of glibc's: of its main arena, of another one, or
//   mapped alone. `address` is a multiple of 16, and the page in front of it can be read
bool looks_like_a_chunk(std::uintptr_t address) noexcept;

} // namespace mallocspy::interpose
