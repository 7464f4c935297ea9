// SPDX-License-Identifier: MIT
// Layer 8, interpose: malloc and operator new over the task allocator.
// May include: contract, blocks, task, heap, spies, adapters, testing.
#pragma once

#include <mallocspy/interpose/check.hpp>
#include <mallocspy/interpose/mismatch.hpp>
