// SPDX-License-Identifier: MIT
#include "tool/report/damage_paragraphs.hpp"

#include "testing/report/report_text.hpp"
#include "testing/sweep/sweep_findings.hpp"

#include <algorithm>

namespace mallocspy::tool {

namespace {

std::string frames(const char* what, std::uint32_t stack, testing_detail::stack_names& names) {
  std::string text;
  if (stack != 0) {
    text = std::string("  ") + what + "\n";
    std::size_t n = 0;
    for (const std::string& line : names.of(stack).lines) {
      text += "    #" + std::to_string(n++) + " " + testing_detail::printable(line) + "\n";
    }
  }
  return text;
}

} // namespace

damage_paragraphs tell_damage(const session& s, testing_detail::stack_names& names,
                              const testing_detail::suppressions& expected) {
  damage_paragraphs told;
  const std::uint32_t count = s.damages.load();
  for (std::uint32_t i = 0; i < std::min<std::uint32_t>(count, session::most_damages); ++i) {
    const damage_record& d = s.damage[i];
    if (!d.complete.load()) {
      continue; // the process was killed while it wrote
    }
    if (expected.match(verdict::corrupt, "", names.of(d.allocated).frames) != nullptr) {
      ++told.expected;
      continue;
    }
    ++told.findings;
    told.text += "damage in process " + std::to_string(d.process) + ": " + testing_detail::words_for_damage(d.code) +
                 ", found by " + d.found_at + "; of " + std::to_string(d.size) + " bytes, at " + std::to_string(d.offset) +
                 "\n" + frames("allocated", d.allocated, names) + frames("freed", d.freed, names);
  }
  if (count > session::most_damages) {
    const std::uint32_t more = count - session::most_damages;
    told.findings += more;
    told.text += "and " + testing_detail::counted(more, "finding") + " more\n";
  }
  if (told.expected != 0) {
    told.text += "expected, and left out: " + testing_detail::counted(told.expected, "finding") + " of damage\n";
  }
  return told;
}

} // namespace mallocspy::tool
