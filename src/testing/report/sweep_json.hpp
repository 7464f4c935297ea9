// SPDX-License-Identifier: MIT
// A sweep as JSON, schema 1, and back: how sweeps are kept, sent from machine to machine, resumed and compared.
#pragma once

#include <iosfwd>
#include <mallocspy/testing/sweep_result.hpp>
#include <string>

namespace mallocspy::testing_detail {

inline constexpr int sweep_schema = 1;

// returns: what sweep_result::json() returns: an object with a line for each key, and for each point and each finding.
//   Bytes that are not UTF-8 become U+FFFD, the replacement character
std::string write_sweep(const sweep_result& result);

// returns: the sweep in `text`. Keys that it does not know do not matter
// name: what messages call the text: its file
// errors: std::runtime_error with one line, "NAME: ...", if the text is no JSON, no sweep, or of another schema
sweep_result read_sweep(const std::string& text, const std::string& name);

// the same, from a stream
// errors: also if the stream cannot be read
sweep_result read_sweep(std::istream& in, const std::string& name);

// effects: counts the verdicts of the points anew
void count_verdicts(sweep_result& result) noexcept;

} // namespace mallocspy::testing_detail
