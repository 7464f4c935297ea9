// SPDX-License-Identifier: MIT
// The results as JSON: ratios and instruction counts, round by round.
#pragma once

#include "driver/options.hpp"
#include "driver/results.hpp"
#include "driver/targets.hpp"

namespace mallocspy::bench {

// errors: std::runtime_error if the file cannot be written
void write_json(const options& chosen, const results& found, const std::vector<verdict>& verdicts);

// effects: writes a whole file
// errors: std::runtime_error if that fails
void write_file(const std::string& path, const std::string& text);

} // namespace mallocspy::bench
