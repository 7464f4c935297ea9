// SPDX-License-Identifier: MIT
// How the heap functions fail.
#pragma once

#include "blocks/hints.hpp"

#include <mallocspy/heap/flags.hpp>
#include <mallocspy/heap/heap_exception.hpp>
#include <mallocspy/heap/last_error.hpp>

namespace mallocspy::heap {

// effects: sets the last error. returns: FALSE
inline BOOL fail(DWORD error) noexcept {
  SetLastError(error);
  return FALSE;
}

// effects: throws, if the flags say so; no lock is held. returns: null
MALLOCSPY_COLD inline void* null_or_throw(DWORD flags, DWORD status) {
  if ((flags & HEAP_GENERATE_EXCEPTIONS) != 0) {
    throw heap_exception(status);
  }
  return nullptr;
}

} // namespace mallocspy::heap
