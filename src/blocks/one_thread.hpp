// SPDX-License-Identifier: MIT
// Whether atomic instructions can be left out because nobody else is there. They are the dearest part of a free.
#pragma once

#if defined(__has_include)
#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#define MALLOCSPY_KNOWS_ONE_THREAD 1
#endif
#endif

namespace mallocspy::blocks {

// returns: true only if the process has no second thread, and then no other can start before the caller is done. False
//   where the C library does not tell (before glibc 2.32, other systems)
inline bool process_has_one_thread() noexcept {
#if defined(MALLOCSPY_KNOWS_ONE_THREAD)
  return __libc_single_threaded != 0;
#else
  return false;
#endif
}

} // namespace mallocspy::blocks
