// SPDX-License-Identifier: MIT
// The Win32 heap functions: the process heap, which is the task allocator's, and private heaps.
#pragma once

#include <mallocspy/heap/heap.hpp>
