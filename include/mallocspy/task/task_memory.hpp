// SPDX-License-Identifier: MIT
// The process-wide task allocator: as an object, and as three functions on the same object.
// source: COM. No initialisation is needed first, and there is none to undo.
#pragma once

#include <mallocspy/contract/contract.hpp>
#include <mallocspy/contract/export.h>

namespace mallocspy {

// effects: stores the task allocator in *ppMalloc, or null on failure. There is one object per process, never destroyed:
//   its AddRef always returns 2 and its Release 1. It stays the same when spies come and go. Release what you got, as COM
//   asks
// returns: S_OK; E_INVALIDARG if dwMemContext is not MEMCTX_TASK (1) or ppMalloc is null
// threads: any
MALLOCSPY_API HRESULT CoGetMalloc(DWORD dwMemContext, IMalloc** ppMalloc);

// effects, returns, errors: as IMalloc::Alloc. threads: any
MALLOCSPY_API LPVOID CoTaskMemAlloc(SIZE_T cb);

// effects, returns, errors: as IMalloc::Realloc. threads: any
MALLOCSPY_API LPVOID CoTaskMemRealloc(LPVOID pv, SIZE_T cb);

// effects, errors: as IMalloc::Free. threads: any
MALLOCSPY_API void CoTaskMemFree(LPVOID pv);

} // namespace mallocspy
