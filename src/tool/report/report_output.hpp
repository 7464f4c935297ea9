// SPDX-License-Identifier: MIT
// A sweep to all the places where it is wanted: the same for sweep and for report.
#pragma once

#include "tool/commands.hpp"
#include "tool/report/compare.hpp"

#include <mallocspy/testing/sweep_result.hpp>

namespace mallocspy::tool {

// effects: finds out whether the files can be written
// errors: std::runtime_error with one line
void require_writable(const report_files& files);

// effects: writes the files
// known: null, or a comparison: the page shows it, the JSON has it under the key "comparison", and in JUnit's XML only new
//   findings are failures if `only_new`
// errors: std::runtime_error with one line, after all files that can be written have been
void write_reports(const report_files& files, const sweep_result& sweep, const comparison* known, bool only_new);

} // namespace mallocspy::tool
