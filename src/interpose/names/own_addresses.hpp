// SPDX-License-Identifier: MIT
// Our definitions under second names that no other module can take: their addresses are ours, whoever won the first ones.
#pragma once

#include <cstddef>

#define MALLOCSPY_SECOND_NAME(name) __attribute__((visibility("hidden"), nothrow, alias(name)))

extern "C" {
void* mallocspy_own_malloc(std::size_t);
void* mallocspy_own_calloc(std::size_t, std::size_t);
void* mallocspy_own_realloc(void*, std::size_t);
void mallocspy_own_free(void*);
void mallocspy_own_cfree(void*);
void* mallocspy_own_new(std::size_t);
void mallocspy_own_delete(void*);
}
