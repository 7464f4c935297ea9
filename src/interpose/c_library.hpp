// SPDX-License-Identifier: MIT
// The C library's own functions, whatever hides them.
#pragma once

namespace mallocspy::interpose {

// returns: the address of a function that glibc exports; null if it has none of that name, and with other C libraries.
//   Without dlopen(), which would run the library's constructors if they have not run yet, and not as its start does
// threads: any; not in a hook
const void* function_of_c_library(const char* name) noexcept;

} // namespace mallocspy::interpose
