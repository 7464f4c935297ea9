// SPDX-License-Identifier: MIT
// Options that need more than a line, or that several verbs have.
#pragma once

#include "tool/commands.hpp"

#include <CLI/CLI.hpp>

namespace mallocspy::tool {

void add_spies(CLI::App& verb, run_command& c);
void add_shard(CLI::App& verb, mallocspy::sweep_options& options);
void add_report_files(CLI::App& verb, report_files& files);
void add_colours(CLI::App& verb, colour_choice& choice);

} // namespace mallocspy::tool
