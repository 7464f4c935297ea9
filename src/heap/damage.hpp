// SPDX-License-Identifier: MIT
// Damage in memory that belongs to nobody but a heap: a program has written to a block after it freed it.
#pragma once

#include "blocks/hints.hpp"

#include <cstdint>

namespace mallocspy::heap {

// effects: one line that names the place; ends the process if HeapEnableTerminationOnCorruption was set. Else the damaged
//   chunk stays where it is, and is not put together with others
// Called with the heap's lock held: takes none, allocates nothing
MALLOCSPY_COLD void damage_found(std::uintptr_t where) noexcept;

} // namespace mallocspy::heap
