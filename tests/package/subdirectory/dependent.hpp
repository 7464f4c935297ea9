// SPDX-License-Identifier: MIT
// The interface of a library that uses mallocspy inside.
#pragma once

#include <mallocspy/contract/contract.hpp>

// returns: a copy of the string in a block of the task allocator, which the caller frees through *owner
char* copy_for_caller(const char* string, mallocspy::IMalloc** owner);
