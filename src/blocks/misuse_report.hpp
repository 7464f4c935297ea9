// SPDX-License-Identifier: MIT
// Finds out what a wrong pointer is, and asks the misuse handler what to do.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

namespace mallocspy::blocks {

// effects: tells the misuse handler about p; aborts the process if it says so
void report_misuse(const void* p, const char* operation);

} // namespace mallocspy::blocks
