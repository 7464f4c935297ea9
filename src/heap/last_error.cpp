// SPDX-License-Identifier: MIT
#include <mallocspy/heap/last_error.hpp>

namespace mallocspy {

namespace {

// Not thread_local: no constructor is to be looked for.
__thread DWORD last_error;

} // namespace

DWORD GetLastError() noexcept {
  return last_error;
}

void SetLastError(DWORD dwErrCode) noexcept {
  last_error = dwErrCode;
}

} // namespace mallocspy
