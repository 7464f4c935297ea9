// SPDX-License-Identifier: MIT
// Whether a block is freed by the function that its allocation asks for.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "interpose/origin_map.hpp"

#include <atomic>
#include <mallocspy/contract/export.h>

namespace mallocspy::interpose {

// Read by the interposed operators too.
extern MALLOCSPY_API std::atomic<bool> mismatches_are_told;

inline bool tells_mismatches() noexcept {
  return mismatches_are_told.load(std::memory_order_relaxed);
}

// effects: tells the misuse handler if the block at p is known to be made by something else than `fitting`; forgets what
// made it, as `operation` ends its life
void check_origin(const void* p, origin fitting, const char* operation);

// For operators that hand on to the plain ones, as the standard says they do.

// effects: the object at p is an array from now on
MALLOCSPY_API void becomes_array(const void* p, origin made_by) noexcept;

// effects: tells if the block at p is no array of that kind; from now on it is what the plain operator delete expects
MALLOCSPY_API void check_array(const void* p, origin fitting, const char* operation);

// effects: tells if the size of the block at p is known and another one
MALLOCSPY_API void check_size(const void* p, std::size_t size, const char* operation);

// effects: takes the environment variable MALLOCSPY_MISMATCH into account
void ask_environment_about_mismatches() noexcept;

} // namespace mallocspy::interpose
