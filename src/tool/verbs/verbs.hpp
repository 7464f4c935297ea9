// SPDX-License-Identifier: MIT
// What the verbs do. Each returns the command's exit status, and throws std::runtime_error with one line if it could not
// run.
#pragma once

#include "tool/commands.hpp"

namespace mallocspy::tool {

// The exit statuses of sweep and report; run and fail keep the program's.
inline constexpr int exit_nothing_found = 0;
inline constexpr int exit_findings = 1;
inline constexpr int exit_could_not_run = 2;

int run_verb(const run_command& command);
int fail_verb(const fail_command& command);
int sweep_verb(const sweep_command& command);
int report_verb(const report_command& command);

} // namespace mallocspy::tool
