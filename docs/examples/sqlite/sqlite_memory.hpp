// SPDX-License-Identifier: MIT
// Where SQLite gets its memory from.
#pragma once

enum class memory_source {
  sqlites_own,    // what SQLite was built with
  task_allocator, // mallocspy's, through IMalloc
};

// effects: for all that SQLite allocates from its next sqlite3_initialize on. SQLite's pools are switched off, so that
//   every one of its requests reaches the allocator
// errors: std::runtime_error if SQLite refuses, as it does while it is initialised
void choose_sqlite_memory(memory_source source);
