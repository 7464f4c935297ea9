// SPDX-License-Identifier: MIT
// What the compiler is told about branches, paths and names.
#pragma once

#if defined(__GNUC__)
#define MALLOCSPY_LIKELY(x) __builtin_expect(!!(x), 1)
#define MALLOCSPY_UNLIKELY(x) __builtin_expect(!!(x), 0)
// A path that is rarely taken: out of line, away from the fast one.
#define MALLOCSPY_COLD __attribute__((noinline, cold))
// A path that many take, but not the ones that the fast path is for.
#define MALLOCSPY_OUT_OF_LINE __attribute__((noinline))
// A part of a function that has a name of its own for the reader's sake.
#define MALLOCSPY_INLINE inline __attribute__((always_inline))
// A variable that no other module sees: addressed directly, without the offset table.
#define MALLOCSPY_INNER __attribute__((visibility("hidden")))
// At the end of a function whose frame a callee looks at: it is not left by a jump.
#define MALLOCSPY_KEEP_FRAME() __asm__ volatile("" ::: "memory")
// A variable of which the compiler forgets how it was computed: what it was computed from needs no register any more.
#define MALLOCSPY_FORGET_ORIGIN(x) __asm__("" : "+r"(x))
#define MALLOCSPY_ASSUME(x)                                                                                                \
  do {                                                                                                                     \
    if (!(x)) {                                                                                                            \
      __builtin_unreachable();                                                                                             \
    }                                                                                                                      \
  } while (false)
// The memory at the address is going to be written: it may be fetched by then. Any address will do.
#define MALLOCSPY_PREFETCH_TO_WRITE(address) __builtin_prefetch(address, 1)
#else
#define MALLOCSPY_LIKELY(x) (x)
#define MALLOCSPY_UNLIKELY(x) (x)
#define MALLOCSPY_COLD
#define MALLOCSPY_INLINE inline
#define MALLOCSPY_OUT_OF_LINE
#define MALLOCSPY_INNER
#define MALLOCSPY_KEEP_FRAME() static_cast<void>(0)
#define MALLOCSPY_FORGET_ORIGIN(x) static_cast<void>(0)
#define MALLOCSPY_ASSUME(x) static_cast<void>(0)
#define MALLOCSPY_PREFETCH_TO_WRITE(address) static_cast<void>(0)
#endif
