// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "interpose/dyld_doors.hpp"

#include "blocks/door_frame.hpp"
#include "interpose/operations.hpp"

namespace mallocspy::interpose {

const void** frame_of_door() noexcept {
  return &blocks::door_frame;
}

bool is_block_of_ours(const void* p) noexcept {
  return is_ours(p);
}

} // namespace mallocspy::interpose
