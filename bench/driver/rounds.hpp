// SPDX-License-Identifier: MIT
// Runs everything that the options select. One process for each subject, workload and round; in a round every subject runs
// a workload before the next workload starts, each round beginning with another subject.
#pragma once

#include "driver/options.hpp"
#include "driver/peers.hpp"
#include "driver/results.hpp"

namespace mallocspy::bench {

// effects: writes what there is to select, one subject/row to a line
// returns: how many lines that were
std::size_t list_selected(const options& chosen, const peers& workers);

// errors: std::runtime_error if nothing is selected or a worker fails
results measure(const options& chosen, const peers& workers);

} // namespace mallocspy::bench
