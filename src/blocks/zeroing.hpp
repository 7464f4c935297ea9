// SPDX-License-Identifier: MIT
// Zeroing a large fresh block without touching it. mimalloc 2.0 writes zeroes over pages that come zeroed from the system.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include <cstddef>

namespace mallocspy::blocks {

// Below this, writing is as good as asking the system.
inline constexpr std::size_t worth_asking = std::size_t{4} << 20;

// effects: zeroes the bytes; whole pages are handed back to the system, which gives zeroed ones when they are touched
void zero_by_pages(void* p, std::size_t size) noexcept;

} // namespace mallocspy::blocks
