// SPDX-License-Identifier: MIT
#include "spies/stacks/frame_program.hpp"

#include "support/catch.hpp"

#if defined(__linux__) && defined(__x86_64__)

#include <vector>

using namespace mallocspy::spies;

namespace {

// What .eh_frame would say of a function at 0x1000 that has these instructions.
frame_rules rules_at(std::uintptr_t address, const std::vector<std::uint8_t>& instructions) {
  frame_description d{};
  d.function = 0x1000;
  d.code_alignment = 1;
  d.data_alignment = -8;
  d.own = {instructions.data(), instructions.data() + instructions.size()};
  return run_program(d, address);
}

// def_cfa_expression: breg7 8, breg16 0, lit15, and, lit11, ge, lit3, shl, plus
const std::vector<std::uint8_t> linkage_table = {0x0F, 11, 0x77, 8, 0x80, 0, 0x3F, 0x1A, 0x3B, 0x2A, 0x33, 0x24, 0x22};

} // namespace

TEST_CASE("an entry of a linkage table has its caller's frame before and after it pushes a word",
          "[spies][frame_program]") {
  for (std::uintptr_t at = 0; at < 16; ++at) {
    CAPTURE(at);
    const frame_rules rules = rules_at(0x1000 + at, linkage_table);
    CHECK(rules.cfa == frame_rules::cfa_kind::stack);
    CHECK(rules.cfa_offset == (at < 11 ? 8 : 16));
  }
}

TEST_CASE("other expressions for a frame, and cut off ones, are not understood", "[spies][frame_program]") {
  auto changed = linkage_table;
  changed[7] = 0x1B; // div
  CHECK(rules_at(0x1003, changed).cfa == frame_rules::cfa_kind::other);
  changed = linkage_table;
  changed[1] = 10;
  changed.pop_back();
  CHECK(rules_at(0x1003, changed).cfa == frame_rules::cfa_kind::other);
  changed = linkage_table;
  changed.resize(7); // says 11 bytes
  CHECK(rules_at(0x1003, changed).cfa == frame_rules::cfa_kind::other);
}

TEST_CASE("a function that aligns its stack keeps its caller's frame in a word", "[spies][frame_program]") {
  const frame_rules rules = rules_at(0x1003, {0x0F, 3, 0x76, 0x78, 0x06}); // breg6 -8, deref
  CHECK(rules.cfa == frame_rules::cfa_kind::through_frame);
  CHECK(rules.cfa_offset == -8);
}

#endif
