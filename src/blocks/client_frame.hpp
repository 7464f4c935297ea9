// SPDX-License-Identifier: MIT
// Where a spied call came from: this_words.client_frame, and on macOS another frame that says so first.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "blocks/hints.hpp"
#include "blocks/thread_words.hpp"

namespace mallocspy::blocks {

#if defined(__APPLE__)
// While a client is in an interposed name: that one's frame, which returns to the client where no jump leads on. Else null.
MALLOCSPY_INNER extern __thread const void* door_frame;
#endif

} // namespace mallocspy::blocks
