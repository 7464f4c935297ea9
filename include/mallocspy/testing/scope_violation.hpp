// SPDX-License-Identifier: MIT
// What happens when a scope that promises something ends, the promise was broken, and nobody has asked.
// source: ours
#pragma once

#include <cstdint>
#include <mallocspy/contract/export.h>

namespace mallocspy {

struct scope_violation {
  const char* scope;        // "no_allocation_scope", "allocation_budget", "leak_scope"
  const char* file;         // where the scope stands
  int line;                 //
  std::uint64_t violations; // allocations too many, or blocks that leaked
  bool unwinding;           // an exception is passing through the scope
  const char* report;       // with the call stacks; good for the call only
};

// Called by the scope's destructor, on its thread and not in a hook; must not throw; may allocate, which nobody counts.
// default: writes the report to stderr and calls std::abort; where an exception is passing it writes only, since that
//   explains more
using scope_violation_handler = void (*)(const scope_violation&);

// effects: installs a handler; null installs the default one
// returns: the handler before, never null
// threads: any
MALLOCSPY_API scope_violation_handler set_scope_violation_handler(scope_violation_handler handler) noexcept;

} // namespace mallocspy
