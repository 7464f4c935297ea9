// SPDX-License-Identifier: MIT
// Exact answers for any pointer value, from the block map. No spy is asked: these are the raw blocks.
// source: ours
#pragma once

#include <cstddef>
#include <mallocspy/contract/export.h>

namespace mallocspy {

// returns: whether p is the start of a live block of the task allocator. Interior, freed, foreign, stack, wild and
// non-canonical pointers and null: false. The memory behind p is never read
// threads: any
MALLOCSPY_API bool owns(const void* p) noexcept;

// returns: the requested size of the live block that starts at p, in bytes; (std::size_t)-1 where owns(p) is false
// threads: any; the answer is about the past if another thread frees or reallocates the block meanwhile
MALLOCSPY_API std::size_t requested_size(const void* p) noexcept;

} // namespace mallocspy
