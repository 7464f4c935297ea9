// SPDX-License-Identifier: MIT
// What the spies of `mallocspy run` have written, made fit for the user: expected leaks are left out, and so are the frames
// outside of main().
#pragma once

#include "testing/report/suppressions.hpp"

#include <cstdint>
#include <string>

namespace mallocspy::tool {

struct leak_paragraphs {
  std::string text;
  std::uint64_t lost = 0;     // groups of lost blocks that are left
  std::uint64_t expected = 0; // groups that were left out
};

// report: of one or several processes, with the paragraphs of leak_report::print
leak_paragraphs sort_out_leaks(const std::string& report, const testing_detail::suppressions& expected);

} // namespace mallocspy::tool
