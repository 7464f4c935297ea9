// SPDX-License-Identifier: MIT
#include "interpose/names/dyld_start.hpp"

#include "interpose/linked_names.hpp"
#include "interpose/names/dyld_entry.hpp"

#include <cstdlib>
#include <malloc/malloc.h>

namespace mallocspy::interpose {

namespace {

// What the system's take for a pointer that is not ours, asked from the library that keeps the originals.
std::size_t size_of_zones_block(void* p) {
  return ::malloc_size(p);
}

// One is asked for all: dyld takes all pairs, or none.
const linked_name names[2] = {{"malloc", "malloc", names, false}, {}};

bool started = false;

__attribute__((constructor(101))) void start_early() noexcept {
  start_names();
}

} // namespace

void start_names() noexcept {
  if (started) {
    return;
  }
  started = true;
  next_definitions next;
  next.free = ::free;
  next.realloc = ::realloc;
  next.usable_size = size_of_zones_block;
  if (enter_into_force()) {
    start(names, next);
  }
}

} // namespace mallocspy::interpose
