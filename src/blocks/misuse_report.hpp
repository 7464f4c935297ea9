// SPDX-License-Identifier: MIT
// Finds out what a wrong pointer is, and asks the misuse handler what to do.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include <mallocspy/blocks/misuse.hpp>

namespace mallocspy::blocks {

// effects: from now on every misuse ends the process, whatever the handler says. For good. threads: any
void terminate_on_misuse() noexcept;

// returns: whether it is so
bool terminates_on_misuse() noexcept;

// effects: tells the misuse handler; aborts the process if it says so
void report_misuse(const misuse& m);

// effects: tells the misuse handler about p; aborts the process if it says so
void report_misuse(const void* p, const char* operation);

} // namespace mallocspy::blocks
