// SPDX-License-Identifier: MIT
// Where a spied call came from: the frame of the function that the client's call has led to. It returns to the client, as
// the doors end in a jump. For spies that look at call stacks; the host sets it, if it is this library.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "blocks/hints.hpp"

namespace mallocspy::blocks {

// Good between a Pre and the return of its Post; null if the host of the spy sets none.
// Not thread_local: the compiler would call a function on each use, to see whether it must be constructed.
MALLOCSPY_INNER extern __thread const void* client_frame;

#if defined(__APPLE__)
// While a client is in an interposed name: that one's frame, which returns to the client where no jump leads on. Else null.
MALLOCSPY_INNER extern __thread const void* door_frame;
#endif

} // namespace mallocspy::blocks
