// SPDX-License-Identifier: MIT
// Layer 6, adapters: other doors to an IMalloc. For C: <mallocspy/mallocspy.h>. The one for Google Benchmark
// (google_benchmark.hpp) needs that library, so it is not opened here.
// May include: contract, blocks, task, heap, spies.
#pragma once

#include <mallocspy/adapters/allocator.hpp>
#include <mallocspy/adapters/deleter.hpp>
#include <mallocspy/adapters/memory_resource.hpp>
