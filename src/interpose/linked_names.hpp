// SPDX-License-Identifier: MIT
// What the interposed names tell the library about themselves at the start of the process.
#pragma once

#include "interpose/foreign_pointers.hpp"

#include <mallocspy/contract/export.h>

namespace mallocspy::interpose {

struct linked_name {
  const char* name;    // as the dynamic linker knows it
  const char* title;   // as people do
  const void* address; // of our definition; null behind the last one
  bool is_operator;    // which a program may replace
};

// effects: `names` are those that first_not_interposed looks for. Foreign pointers go to `next`. Writes one line if a name
//   is another's. Takes the environment into account. From now on fork is safe. Before main,
//   once. `names` stays
MALLOCSPY_API void start(const linked_name* names, const next_definitions& next);

} // namespace mallocspy::interpose
