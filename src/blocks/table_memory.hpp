// SPDX-License-Identifier: MIT
// Memory for the library's own tables: straight from the system, so that no spy ever sees it and no allocator is entered.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include <cstddef>
#include <mallocspy/contract/export.h>

namespace mallocspy::blocks {

// returns: zeroed memory of `size` bytes (a multiple of the page size is used), aligned to a page; null if the system or
//   the limit refuses. Pages cost nothing until they are touched
// threads: any
MALLOCSPY_API void* map_table(std::size_t size) noexcept;

// effects: gives memory of map_table back. threads: any
MALLOCSPY_API void unmap_table(void* table, std::size_t size) noexcept;

// effects: lets map_table hand out at most `bytes` more from now on (tests of the library's own out-of-memory paths)
// returns: the limit before; (std::size_t)-1 is no limit
std::size_t limit_tables(std::size_t bytes) noexcept;

} // namespace mallocspy::blocks
