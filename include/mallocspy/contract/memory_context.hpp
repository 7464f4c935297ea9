// SPDX-License-Identifier: MIT
// The memory contexts that CoGetMalloc is asked for. Only MEMCTX_TASK is served.
// source: COM
#pragma once

namespace mallocspy {

#if !defined(_WIN32)
enum MEMCTX {
  MEMCTX_TASK = 1,
  MEMCTX_SHARED = 2,
  MEMCTX_MACSYSTEM = 3,
  MEMCTX_UNKNOWN = -1,
  MEMCTX_SAME = -2,
};
#endif

} // namespace mallocspy
