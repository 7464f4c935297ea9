// SPDX-License-Identifier: MIT
// What the guard found in programs, for people.
#pragma once

#include "testing/report/stack_names.hpp"
#include "testing/report/suppressions.hpp"
#include "tool/preload/session.hpp"

#include <cstdint>
#include <string>

namespace mallocspy::tool {

struct damage_paragraphs {
  std::string text;
  std::uint64_t findings = 0; // those that are not expected
  std::uint64_t expected = 0;
};

// names: for the stacks on the session's board
damage_paragraphs tell_damage(const session& s, testing_detail::stack_names& names,
                              const testing_detail::suppressions& expected);

} // namespace mallocspy::tool
