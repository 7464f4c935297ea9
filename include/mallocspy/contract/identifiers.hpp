// SPDX-License-Identifier: MIT
// Interface identifiers.
#pragma once

#include <mallocspy/contract/types.hpp>

namespace mallocspy {

#if defined(_WIN32)
using ::IID_IMalloc;
using ::IID_IMallocSpy;
using ::IID_IUnknown;
#else
// source: COM
inline constexpr IID IID_IUnknown = {0x00000000, 0x0000, 0x0000, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
inline constexpr IID IID_IMalloc = {0x00000002, 0x0000, 0x0000, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
inline constexpr IID IID_IMallocSpy = {0x0000001D, 0x0000, 0x0000, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
#endif

// A marker without methods of its own. A spy whose QueryInterface answers it declares that it keeps no state between a Pre
// and its Post outside per-thread storage, so that it may be called from any thread at once.
// source: ours
inline constexpr IID IID_IConcurrentMallocSpy = {
    0x2892461A, 0x9556, 0x4D0A, {0xBA, 0xE2, 0xA6, 0x7B, 0xF1, 0x26, 0x53, 0x18}};

} // namespace mallocspy
