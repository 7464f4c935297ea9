// SPDX-License-Identifier: MIT
// Whether the process really allocates through mallocspy. A program that links mallocspy::interpose is told so by itself:
// at its start one line on stderr names the first function that is not mallocspy's. source: ours
#pragma once

#include <mallocspy/contract/export.h>

namespace mallocspy {

// returns: null if malloc, calloc, realloc, free, operator new and operator delete, as the dynamic linker finds them for a
//   library that is loaded now, are mallocspy's; else the name of the first that is not, a string with static storage.
//   "malloc" if mallocspy::interpose is not linked. An operator that the program itself replaces is left out where
//   mallocspy is preloaded into it
// threads: any. Not from a hook: it asks the dynamic linker, which takes a lock
MALLOCSPY_API const char* first_not_interposed() noexcept;

} // namespace mallocspy
