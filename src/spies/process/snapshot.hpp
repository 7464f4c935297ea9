// SPDX-License-Identifier: MIT
// Runs a function in a frozen copy of the process: all memory as it is at this moment, no other threads. What the function
// allocates, loads or breaks stays in the copy.
//
// The copy is made by the clone system call itself, not by fork(): no handlers run, and the program's wait() and SIGCHLD
// never see it. Locks that other threads held at the moment stay held in the copy for ever, so a function that may need
// one gets a deadline.
#pragma once

#include <cstddef>

namespace mallocspy::spies {

enum class snapshot_end {
  finished,
  timed_out, // ended by the deadline
  failed,    // it crashed
  not_made,  // the system allows no copy
};

// effects: runs work(context) in a copy and waits for its end. What it leaves in memory of shared_memory is seen
// threads: any; not in a hook
snapshot_end run_in_snapshot(void (*work)(void* context), void* context, int seconds) noexcept;

// Memory that a snapshot shares with the process. returns: zeroed; null without memory
void* shared_memory(std::size_t size) noexcept;
void unmap_shared(void* memory, std::size_t size) noexcept;

} // namespace mallocspy::spies
