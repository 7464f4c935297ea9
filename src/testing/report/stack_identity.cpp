// SPDX-License-Identifier: MIT
#include "testing/report/stack_identity.hpp"

#include "testing/board/fnv1a.hpp"

#include <cinttypes>
#include <cstdio>

namespace mallocspy::testing_detail {

std::string stack_identity(const std::vector<named_frame>& frames) {
  std::uint64_t hash = fnv1a_start;
  const auto add = [&hash](const std::string& line) { hash = fnv1a(line.data(), line.size(), hash); };
  for (const named_frame& frame : frames) {
    // The separators keep "a" + "bc" apart from "ab" + "c". No name has a newline; offsets begin as no function does.
    add(frame.module.substr(frame.module.rfind('/') + 1) + '\n');
    add((frame.function.empty() ? "+" + std::to_string(frame.offset) : frame.function) + '\n');
  }
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016" PRIx64, hash);
  return digits;
}

} // namespace mallocspy::testing_detail
