// SPDX-License-Identifier: MIT
// operator new and operator delete under names of our own: the four of which all other forms are made, as the standard
// says. Runs inside hooks: never allocates from what is hooked, takes no lock without a spy. source: C++
#pragma once

#include <cstddef>
#include <mallocspy/contract/export.h>

namespace mallocspy::interpose {

// returns: a block, never null
// errors: without memory, and where the spy refuses, calls the new_handler as long as there is one, and throws
//   std::bad_alloc
MALLOCSPY_API void* cpp_new(std::size_t size);
MALLOCSPY_API void* cpp_new_aligned(std::size_t size, std::size_t alignment);

// effects: frees; null is allowed; errno is kept
// errors: p is no live block: the misuse handler is told
MALLOCSPY_API void cpp_delete(void* p) noexcept;
MALLOCSPY_API void cpp_delete_aligned(void* p) noexcept;

} // namespace mallocspy::interpose
