// SPDX-License-Identifier: MIT
// Which sanitizer the tests are built with, each 0 or 1, and how much less work a sanitized build gets.
#pragma once

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MALLOCSPY_TESTS_UNDER_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define MALLOCSPY_TESTS_UNDER_TSAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define MALLOCSPY_TESTS_UNDER_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#define MALLOCSPY_TESTS_UNDER_TSAN 1
#endif
#if !defined(MALLOCSPY_TESTS_UNDER_ASAN)
#define MALLOCSPY_TESTS_UNDER_ASAN 0
#endif
#if !defined(MALLOCSPY_TESTS_UNDER_TSAN)
#define MALLOCSPY_TESTS_UNDER_TSAN 0
#endif

namespace mallocspy::tests {

inline constexpr bool sanitized = MALLOCSPY_TESTS_UNDER_ASAN || MALLOCSPY_TESTS_UNDER_TSAN;

// returns: rounds to run: a sanitized build, some ten times slower, runs a tenth of them
constexpr int rounds(int full) {
  return sanitized ? full / 10 : full;
}

} // namespace mallocspy::tests
