// SPDX-License-Identifier: MIT
// Which hooks of a spy must be called. All, but for those of which it says that they pass everything through, because
// nobody has overridden them (blocks/method_table.hpp). Runs inside hooks: never allocates.
#pragma once

#include "blocks/hints.hpp"
#include "blocks/method_table.hpp"

#include <mallocspy/contract/contract.hpp>

namespace mallocspy::task {

// No method table is here, and where tables cannot be told (blocks::method_table) this is none either.
MALLOCSPY_INNER extern const char no_table;

// What is known of the registered spy, once it has told so: its method table, in the place that says what is so for this
// table. A spy that was registered in a constructor may have become one with another table since, so whoever calls it
// compares.
struct known_hooks {
  const void* pre_alloc_only = &no_table; // PostAlloc passes everything through
  const void* no_alloc_hook = &no_table;  // PreAlloc does too
  const void* pre_free_only = &no_table;
  const void* no_free_hook = &no_table;
};

// returns: what the spy has told this thread, which has asked it for IID_IConcurrentMallocSpy; before that, forget_hooks()
known_hooks hooks_as_told(const IMallocSpy* spy) noexcept;
void forget_hooks() noexcept;

} // namespace mallocspy::task
