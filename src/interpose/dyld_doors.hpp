// SPDX-License-Identifier: MIT
// macOS: what the names that dyld leads here need of the library, beside the functions that they stand for.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include <mallocspy/contract/export.h>

namespace mallocspy::interpose {

// returns: where the frame of the name that a client has called is noted for spies that look at call stacks; null in there:
//   no name has been called. It lies in the block of this library's thread-local variables, which dyld takes from malloc
//   when a thread first uses one of them: now at the latest
MALLOCSPY_API const void** frame_of_door() noexcept;

// returns: whether p is a live block, or the client pointer of one. Any value may be asked about
MALLOCSPY_API bool is_block_of_ours(const void* p) noexcept;

} // namespace mallocspy::interpose
