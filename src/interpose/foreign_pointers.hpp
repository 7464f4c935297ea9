// SPDX-License-Identifier: MIT
// Pointers that are no blocks of ours, and the definitions of free, realloc and malloc_usable_size that ours hide: whoever
// is next in line, the C library as a rule. A library that was bound to those (dlopen with RTLD_DEEPBIND) hands out such
// pointers. A pointer that cannot be theirs is misuse, and is kept from them: they would end the process.
// On macOS the zones' functions: blocks that were made before ours were in force, and those of zones, are theirs.
// Runs inside hooks: never allocates from what is hooked, takes no lock (macOS: those of zones).
#pragma once

#include <cstddef>

namespace mallocspy::interpose {

struct next_definitions {
  void (*free)(void*) = nullptr;
  void* (*realloc)(void*, std::size_t) = nullptr;
  std::size_t (*usable_size)(void*) = nullptr;
};

// effects: from now on foreign pointers go there; where that is the mimalloc which ours stand on, to the C library instead.
// once, at the start of the process. May allocate
void use_next(next_definitions next) noexcept;

// returns: the next definitions, if p, which is no live block of ours, may be theirs; null if not
const next_definitions* next_for(const void* p) noexcept;

} // namespace mallocspy::interpose
