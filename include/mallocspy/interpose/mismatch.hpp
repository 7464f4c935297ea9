// SPDX-License-Identifier: MIT
// Reports of blocks that are freed by another function than their allocation asks for: malloc and operator delete, operator
// new[] and operator delete, an aligned operator new and an ordinary operator delete, a sized operator delete with a wrong
// size.
// source: ours
#pragma once

#include <mallocspy/contract/export.h>

namespace mallocspy {

// effects: from now on each mismatch is told to the misuse handler (blocks/misuse.hpp), as misuse_kind::mismatch; the
//   default one writes one line that names the pointer, what made the block and what frees it. Or not any more. Blocks that
//   were made while it was off are not judged. While it is on every operation takes the slow way, and four bytes are kept
//   for each 16 bytes of heap
// default: on if the environment variable MALLOCSPY_MISMATCH is set to anything but empty and "0" at the start of the
//   process, and mallocspy::interpose is linked
// returns: what was in force before
// threads: any; not from a hook
MALLOCSPY_API bool report_mismatches(bool on) noexcept;

} // namespace mallocspy
