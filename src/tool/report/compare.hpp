// SPDX-License-Identifier: MIT
// Compares two sweeps: which findings are new, fixed, unchanged. A finding is the same if its verdict and its call stack's
// identity are.
#pragma once

#include <mallocspy/testing/sweep_result.hpp>
#include <string>
#include <vector>

namespace mallocspy::tool {

struct comparison {
  std::string baseline;                 // name of the earlier sweep
  std::vector<sweep_finding> added;     // only in the later one: new
  std::vector<sweep_finding> fixed;     // only in the earlier one
  std::vector<sweep_finding> unchanged; // in both, as in the later one
  std::vector<std::string> doubts;      // why "fixed" may say too much: one sentence each
};

// Only confirmed findings are compared.
comparison compare(const sweep_result& before, const sweep_result& now, const std::string& name_of_before);

// returns: whether the comparison has it as new
bool is_new(const comparison& c, const sweep_finding& finding) noexcept;

// returns: the text for people: numbers, and a line for each new and each fixed finding
std::string comparison_text(const comparison& c, bool colours);

// returns: {"baseline":"..","new":[{"verdict":"..","stack_id":".."}],"fixed":[..],"unchanged":[..]}
std::string comparison_json(const comparison& c);

} // namespace mallocspy::tool
