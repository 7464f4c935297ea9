// SPDX-License-Identifier: MIT
// The workload watched by a spy that counts.
#pragma once

#include "workload.hpp"

#include <filesystem>
#include <mallocspy/spies.hpp>

struct counted_run {
  outcome result;
  mallocspy::allocation_counts seen; // live: what is left after SQLite has shut down
  mallocspy::peak_bytes peak;
};

// effects: runs the workload in a new file of the folder, and deletes the file
// errors: std::runtime_error if the spy cannot be registered
counted_run run_counted(const std::filesystem::path& folder, int orders);
