/* SPDX-License-Identifier: MIT
 * The task allocator for C, to hand to C libraries that take function pointers (curl_global_init_mem, xmlMemSetup,
 * lua_newstate, sqlite3_config ...). A registered spy sees these calls like all others.
 * May be included from C and C++. Stands on the task layer.
 *
 * errors:  lack of memory is NULL with errno set to ENOMEM. A pointer that is no live block gets one line through the
 *          misuse handler (mallocspy/blocks/misuse.hpp) and nothing is changed.
 * threads: any.
 * source:  ours; where a C function of the same name exists, its meaning. */
#ifndef MALLOCSPY_MALLOCSPY_H
#define MALLOCSPY_MALLOCSPY_H

#include <mallocspy/contract/export.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* returns: a block of size bytes, aligned to 16; for size 0 a block of size 0 of its own; NULL without memory */
MALLOCSPY_API void* mallocspy_alloc(size_t size);

/* returns: a zeroed block of count times size bytes; NULL without memory or if the product overflows */
MALLOCSPY_API void* mallocspy_calloc(size_t count, size_t size);

/* effects: block NULL: as mallocspy_alloc(size); size 0: frees the block and returns NULL, errno untouched; else resizes
 * it, keeping the first min(old, new) bytes returns: the block in its new place; NULL without memory, and then the block is
 * as it was */
MALLOCSPY_API void* mallocspy_realloc(void* block, size_t size);

/* effects: frees the block; NULL has no effect; errno is kept */
MALLOCSPY_API void mallocspy_free(void* block);

/* returns: the requested size of a live block; 0 for NULL and for every other pointer (use mallocspy_owns to tell) */
MALLOCSPY_API size_t mallocspy_size(const void* block);

/* returns: 1 if block is the start of a live block, 0 if not; exact for every pointer value, which is never followed */
MALLOCSPY_API int mallocspy_owns(const void* block);

/* returns: a block of size bytes aligned to alignment bytes, to be freed with mallocspy_free; NULL with errno EINVAL if
 *          alignment is not a power of two, NULL with ENOMEM without memory. A reallocated block is aligned to 16 only */
MALLOCSPY_API void* mallocspy_aligned_alloc(size_t alignment, size_t size);

/* returns: a copy of the string in a block of its own, of exactly strlen(string) + 1 bytes; NULL without memory */
MALLOCSPY_API char* mallocspy_strdup(const char* string);

#ifdef __cplusplus
}
#endif

#endif
