// SPDX-License-Identifier: MIT
// First part of the demo: SQLite works on the task allocator, and a spy sees all of it.
#pragma once

#include <filesystem>

// effects: runs the workload and prints SQLite's answers, what the spy saw, and what was checked
// returns: whether every check held
bool show_large_run(const std::filesystem::path& folder, int orders);
