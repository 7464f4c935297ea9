// SPDX-License-Identifier: MIT
// A sweep as JUnit's XML, which CI systems read: a test case for each finding, and one for the sweep itself.
#pragma once

#include "tool/report/compare.hpp"

#include <mallocspy/testing/sweep_result.hpp>
#include <string>

namespace mallocspy::tool {

// known: null, or a comparison: findings that are not new in it are skipped test cases, not failures
// returns: the document. A test case's name has the verdict, the function and the stack_id, and so stays the same as long
//   as the finding does
std::string junit_xml(const sweep_result& sweep, const comparison* known = nullptr);

} // namespace mallocspy::tool
