// SPDX-License-Identifier: MIT
// Our definitions under second names that no other module can take: their addresses are ours, whoever won the first ones.
#pragma once

#include <cstddef>

#define MALLOCSPY_SECOND_NAME(name) __attribute__((visibility("hidden"), alias(name)))

// None of them is called: the exception specification is only that of the names, as the compilers know these.
extern "C" {
void* mallocspy_own_malloc(std::size_t) noexcept;
void* mallocspy_own_calloc(std::size_t, std::size_t) noexcept;
void* mallocspy_own_realloc(void*, std::size_t) noexcept;
void mallocspy_own_free(void*) noexcept;
void mallocspy_own_cfree(void*) noexcept;
void* mallocspy_own_new(std::size_t) noexcept;
void mallocspy_own_delete(void*) noexcept;
}
