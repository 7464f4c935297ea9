// SPDX-License-Identifier: MIT
// Looks behind our task allocator: its heap walk, and a limit for its tables. A shared library hides both.
#pragma once

#include <cstddef>

namespace conformance::task_internals {

#if defined(MALLOCSPY_CONFORMANCE_REACHES_INTERNALS)
inline constexpr bool reachable = true;
#else
inline constexpr bool reachable = false;
#endif

std::size_t live_blocks();
void limit_tables(bool on);

} // namespace conformance::task_internals
