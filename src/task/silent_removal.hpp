// SPDX-License-Identifier: MIT
// What a function on the process heap does to the set of spied client pointers when it frees a raw block itself: the spy is
// not called, but its count stays exact. Runs inside hooks: never allocates from what is hooked.
#pragma once

#include <cstddef>

namespace mallocspy::task {

// effects: takes every client pointer inside the raw block of `extent` bytes at p, its slack included, out of the set. The
//   block is out of the map, and not given back yet. Where that leaves no spied block, a pending revocation completes
// threads: any. Waits for the spy's lock only if there is something to take out
void forget_client_pointers(const void* p, std::size_t extent);

} // namespace mallocspy::task
