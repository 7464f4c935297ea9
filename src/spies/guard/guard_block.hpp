// SPDX-License-Identifier: MIT
// What a guard knows of one block. It lies apart from the block, where no overflow reaches it.
#pragma once

#include <cstdint>
#include <mallocspy/spies/guard.hpp>

namespace mallocspy::spies {

enum class block_state : std::uint8_t {
  live,
  leaving,     // being freed or reallocated by some thread
  quarantined, // freed, and filled or inaccessible
};

struct guarded_block {
  // Guarded by the table's lock for the block's place.
  guarded_block* next; // with the same place
  block_state state;
  std::uint8_t told; // bits by guard_fault: what the handler has heard

  // Written by the thread that allocates, frees or reallocates the block; read by check_all under the lock, while the
  // state is not `leaving`.
  bool paged;  // an inaccessible page lies behind it; in quarantine all of it is inaccessible
  bool filled; // in quarantine: with the byte of freed blocks
  stack_id allocated;
  stack_id freed;
  char* client;
  SIZE_T size; // what the client asked for
  char* raw;
  SIZE_T raw_size;
  char* end; // of the red zone behind the block

  // Guarded by the quarantine's lock.
  guarded_block* newer;
};

} // namespace mallocspy::spies
