// SPDX-License-Identifier: MIT
// The ratios as a picture: a row for each workload, a mark for each subject, a line from its lowest to its highest round.
#pragma once

#include "driver/results.hpp"

namespace mallocspy::bench {

// returns: an SVG document without a background, in colours that can be read on a light page and on a dark one
std::string draw_chart(const results& found);

} // namespace mallocspy::bench
