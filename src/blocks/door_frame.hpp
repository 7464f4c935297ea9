// SPDX-License-Identifier: MIT
// Where a call came from that reached malloc or operator new by a table of macOS's loader. Elsewhere nothing.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "blocks/hints.hpp"

namespace mallocspy::blocks {

#if defined(__APPLE__)
// While a client is in an interposed name: that one's frame, which returns to the client where no jump leads on. Else null.
// Who enters a spy makes it the client's frame (thread_words.hpp).
MALLOCSPY_INNER extern __thread const void* door_frame;
#endif

} // namespace mallocspy::blocks
