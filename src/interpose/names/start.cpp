// SPDX-License-Identifier: MIT
// The anchor: whoever links it gets all names of this folder, and at the start of the process they are checked.
#include "interpose/linked_names.hpp"
#include "interpose/names/own_addresses.hpp"

#include <dlfcn.h>

using namespace mallocspy::interpose;

namespace {

template <class Function> const void* address_of(Function* function) noexcept {
  return reinterpret_cast<const void*>(function);
}

template <class Function> void find_next(Function*& found, const char* name) noexcept {
  // Asked from this module, since the next definitions are those behind its own.
  found = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

linked_name names[8];

} // namespace

// The linker is told to look for this name, and so takes this file out of its archive. Early, before the program's own
// constructors.
extern "C" __attribute__((visibility("hidden"), constructor(101))) void mallocspy_interpose_start() {
  names[0] = {"malloc", "malloc", address_of(&mallocspy_own_malloc), false};
  names[1] = {"calloc", "calloc", address_of(&mallocspy_own_calloc), false};
  names[2] = {"realloc", "realloc", address_of(&mallocspy_own_realloc), false};
  names[3] = {"free", "free", address_of(&mallocspy_own_free), false};
  names[4] = {"cfree", "cfree", address_of(&mallocspy_own_cfree), false};
  names[5] = {"_Znwm", "operator new", address_of(&mallocspy_own_new), true};
  names[6] = {"_ZdlPv", "operator delete", address_of(&mallocspy_own_delete), true};
  next_definitions next;
  find_next(next.free, "free");
  find_next(next.realloc, "realloc");
  find_next(next.usable_size, "malloc_usable_size");
  start(names, next);
}
