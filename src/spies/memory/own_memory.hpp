// SPDX-License-Identifier: MIT
// Where the tables of a spy live: in memory straight from the system, so that no spy ever sees them.
#pragma once

#include "blocks/table_memory.hpp"

#include <new>
#include <utility>

namespace mallocspy::spies {

// returns: a new object. errors: std::bad_alloc
template <class Object, class... Arguments> Object* make_own(Arguments&&... arguments) {
  void* memory = blocks::map_table(sizeof(Object));
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
  return ::new (memory) Object(std::forward<Arguments>(arguments)...);
}

// effects: destroys an object of make_own; null is allowed
template <class Object> void destroy_own(Object* object) noexcept {
  if (object != nullptr) {
    object->~Object();
    blocks::unmap_table(object, sizeof(Object));
  }
}

} // namespace mallocspy::spies
