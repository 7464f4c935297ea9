// SPDX-License-Identifier: MIT
// Compiled into every program of a ThreadSanitizer build. mimalloc is not instrumented, but its memset and memcpy are
// ThreadSanitizer's: they would be taken for races, since the atomics that order them are not seen.

extern "C" const char* __tsan_default_suppressions();

extern "C" const char* __tsan_default_suppressions() {
  return "called_from_lib:libmimalloc\n"
         "race:^mi_\n"
         "race:^_mi_\n";
}
