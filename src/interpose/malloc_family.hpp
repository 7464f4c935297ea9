// SPDX-License-Identifier: MIT
// malloc and its family under names of our own: what the interposed names jump to. Each function does what glibc's of that
// name does, errno included, but for pointers that are no blocks, which are reported instead of ending the process.
// Runs inside hooks: never allocates from what is hooked, takes no lock without a spy.
// source: C, POSIX, glibc
#pragma once

#include <cstddef>
#include <mallocspy/contract/export.h>

namespace mallocspy::interpose {

// returns: a block of its own, for 0 bytes too, aligned to 16; null and ENOMEM without memory, where the spy refuses, and
//   for more than PTRDIFF_MAX bytes. So do all that allocate
MALLOCSPY_API void* c_malloc(std::size_t size);
// The large ones are zeroed without being touched. ENOMEM also where the product overflows.
MALLOCSPY_API void* c_calloc(std::size_t count, std::size_t size);

// effects: as C says; a block resized to 0 bytes is freed, and null returned, errno untouched
// errors: p is no live block: the misuse handler is told, null and EINVAL are returned
MALLOCSPY_API void* c_realloc(void* p, std::size_t size);
MALLOCSPY_API void* c_reallocarray(void* p, std::size_t count, std::size_t size);

// effects: frees; null is allowed; errno is kept
// errors: p is no live block: the misuse handler is told
MALLOCSPY_API void c_free(void* p);

// returns: the requested size of the block, exactly, as IMalloc::GetSize; 0 for null, and where there is no live block
MALLOCSPY_API std::size_t c_usable_size(void* p);

// effects: EINVAL unless the alignment is a power of two and a multiple of sizeof(void*); ENOMEM without memory. errno, and
//   on failure *result, are left alone
MALLOCSPY_API int c_posix_memalign(void** result, std::size_t alignment, std::size_t size);
// effects: aligned to the next power of two; EINVAL if there is none
MALLOCSPY_API void* c_memalign(std::size_t alignment, std::size_t size);
// effects: as memalign; from glibc 2.38 on, EINVAL for what is no power of two
MALLOCSPY_API void* c_aligned_alloc(std::size_t alignment, std::size_t size);
MALLOCSPY_API void* c_valloc(std::size_t size);
// effects: whole pages
MALLOCSPY_API void* c_pvalloc(std::size_t size);

// effects: reallocf of BSD: as realloc, and frees p where that fails
MALLOCSPY_API void* c_reallocf(void* p, std::size_t size);
// effects: reallocarr of NetBSD: resizes the block that *place_of_pointer points to, or frees it
// returns: 0, or ENOMEM or EOVERFLOW with nothing changed; errno is kept
MALLOCSPY_API int c_reallocarr(void* place_of_pointer, std::size_t count, std::size_t size);

} // namespace mallocspy::interpose
