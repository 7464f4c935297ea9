// SPDX-License-Identifier: MIT
// The results as text on stdout.
#pragma once

#include "driver/results.hpp"
#include "driver/targets.hpp"

namespace mallocspy::bench {

void print_tables(const results& found);
void print_targets(const std::vector<verdict>& verdicts);

} // namespace mallocspy::bench
