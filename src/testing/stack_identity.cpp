// SPDX-License-Identifier: MIT
#include "testing/stack_identity.hpp"

#include <cinttypes>
#include <cstdio>

namespace mallocspy::testing_detail {

// Three lines, and no more library for whoever builds mallocspy: std::hash may change from one standard library to the
// next.
std::uint64_t fnv1a(const std::string& bytes, std::uint64_t hash) noexcept {
  for (const char c : bytes) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  }
  return hash;
}

std::string stack_identity(const std::vector<named_frame>& frames) {
  std::uint64_t hash = fnv1a({});
  for (const named_frame& frame : frames) {
    // The separators keep "a" + "bc" apart from "ab" + "c". No name has a newline; offsets begin as no function does.
    hash = fnv1a(frame.module.substr(frame.module.rfind('/') + 1) + '\n', hash);
    hash = fnv1a((frame.function.empty() ? "+" + std::to_string(frame.offset) : frame.function) + '\n', hash);
  }
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016" PRIx64, hash);
  return digits;
}

} // namespace mallocspy::testing_detail
