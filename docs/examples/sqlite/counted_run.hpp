// SPDX-License-Identifier: MIT
// The workload watched by a spy that counts.
#pragma once

#include "../counting_spy.hpp"
#include "workload.hpp"

#include <filesystem>

struct counted_run {
  outcome result;
  counting_spy::counts seen; // live: what is left after SQLite has shut down
};

// effects: runs the workload in a new file of the folder, and deletes the file
// errors: std::runtime_error if the spy cannot be registered
counted_run run_counted(const std::filesystem::path& folder, int orders);
