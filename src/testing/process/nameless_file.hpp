// SPDX-License-Identifier: MIT
// A file without a name, in memory if the system has such: what is written to it is gone with its last descriptor.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

namespace mallocspy::testing_detail {

// label: what the system shows of it, where it does
// returns: a descriptor that a program which is started does not get; -1 on failure
int make_nameless_file(const char* label) noexcept;

} // namespace mallocspy::testing_detail
