// SPDX-License-Identifier: MIT
// Memory in which others would see what a snapshot writes.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

namespace mallocspy::testing_detail {

// returns: how many mappings of this process are shared and writable; 0 if the system does not tell
unsigned count_shared_mappings() noexcept;

} // namespace mallocspy::testing_detail
