// SPDX-License-Identifier: MIT
// Puts the parts of a sweep together that several machines made.
#pragma once

#include <mallocspy/testing/sweep_result.hpp>
#include <string>
#include <vector>

namespace mallocspy::tool {

struct named_sweep {
  std::string name; // its file, for messages
  mallocspy::sweep_result result;
};

// returns: the sweep that the parts make: findings with one verdict and call stack are one. A part that is missing makes it
//   incomplete, and `stopped` says which. A single part comes back as it is
// errors: std::runtime_error with one line, if the parts are not of one sweep: they differ in program, mode, number of
//   allocations or number of parts, or one is there twice
mallocspy::sweep_result merge_shards(const std::vector<named_sweep>& parts);

} // namespace mallocspy::tool
