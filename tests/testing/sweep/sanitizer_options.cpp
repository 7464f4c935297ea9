// SPDX-License-Identifier: MIT
// What a sanitizer finds in a child of a sweep ends that by a signal: by an exit status it would look like a reported
// error.

extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "abort_on_error=1";
}

extern "C" const char* __ubsan_default_options();
extern "C" const char* __ubsan_default_options() {
  return "abort_on_error=1";
}
