// SPDX-License-Identifier: MIT
// Runs code in a scope and tells whether it kept its promise: for assertions of any test framework.
// source: ours
#pragma once

#include <iosfwd>
#include <mallocspy/testing/allocation_budget.hpp>
#include <mallocspy/testing/leak_scope.hpp>
#include <ostream>
#include <string>
#include <utility>

namespace mallocspy {

struct scope_verdict {
  bool kept;
  std::string report; // with call stacks; empty if it was kept

  explicit operator bool() const noexcept {
    return kept;
  }
};

// effects: writes the report, or "kept"
inline std::ostream& operator<<(std::ostream& out, const scope_verdict& verdict) {
  return out << (verdict.kept ? "kept" : verdict.report);
}

// effects: runs f on this thread
// returns: whether it allocated nothing
// errors: those of no_allocation_scope; what f throws is thrown on, and the report of what it allocated before is written
//   by the violation handler
template <class Function>
scope_verdict allocates_nothing(Function&& f, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  const no_allocation_scope scope(file, line);
  std::forward<Function>(f)();
  const bool kept = scope.kept();
  return {kept, kept ? std::string() : scope.report()};
}

// effects: runs f on this thread
// returns: whether it made at most so many allocations
// errors: as allocates_nothing
template <class Function>
scope_verdict allocates_at_most(std::uint64_t allocations, Function&& f, const char* file = __builtin_FILE(),
                                int line = __builtin_LINE()) {
  const allocation_budget scope(allocations, allocation_budget::unlimited, file, line);
  std::forward<Function>(f)();
  const bool kept = scope.kept();
  return {kept, kept ? std::string() : scope.report()};
}

// effects: runs f on this thread
// returns: whether it freed all that it allocated
// errors: as allocates_nothing
template <class Function>
scope_verdict leaves_nothing(Function&& f, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  const leak_scope scope(leaks_are::alive, file, line);
  std::forward<Function>(f)();
  const bool kept = scope.leaks().empty();
  return {kept, kept ? std::string() : scope.report()};
}

} // namespace mallocspy
