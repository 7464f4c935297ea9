// SPDX-License-Identifier: MIT
// Scopes in which a thread may allocate a little, or nothing.
// source: ours
#pragma once

#include <mallocspy/testing/allocation_scope.hpp>
#include <mallocspy/testing/scope_violation.hpp>

namespace mallocspy {

// At most so many allocations by the calling thread, as allocation_scope counts them: a reallocation is one, and so is a
// request that fails. If there were more at its end, and nobody has asked, the violation handler is called.
//
//   { allocation_budget budget(2);  render(page); }                                // ends the process if there are three
//   allocation_budget budget(2);  render(page);  ASSERT(budget.violations() == 0); // a failed test
//
// threads: as allocation_scope
class MALLOCSPY_API allocation_budget {
public:
  static constexpr std::uint64_t unlimited = ~std::uint64_t{0};

  // allocations, bytes: the most that are allowed
  // errors: as allocation_scope
  explicit allocation_budget(std::uint64_t allocations, std::uint64_t bytes = unlimited,
                             const char* file = __builtin_FILE(), int line = __builtin_LINE());

  // effects: calls the violation handler if there are violations that nobody was told of
  ~allocation_budget();

  // returns: how many allocations there were beyond the budget; 1 if only its bytes are spent. Who asks is told: the
  //   handler is called only for what comes afterwards
  // errors: std::logic_error on another thread
  std::uint64_t violations() const;

  // returns: violations() == 0. errors: as violations
  bool kept() const {
    return violations() == 0;
  }

  // returns: what was counted, and what the budget is, with the call stacks of all allocations in it. Who asks is told
  // errors: as violations
  std::string report() const;

  // errors: as violations
  scope_counts counts() const {
    return m_scope.counts();
  }

protected:
  allocation_budget(const char* name, std::uint64_t allocations, std::uint64_t bytes, const char* file, int line);

private:
  std::uint64_t beyond(const scope_counts& counts) const noexcept;
  std::string text(const scope_counts& counts) const;

  const char* m_name;
  std::uint64_t m_allocations;
  std::uint64_t m_bytes;
  int m_exceptions; // that were passing when it began
  mutable std::uint64_t m_told = 0;
  allocation_scope m_scope;
};

// No allocation at all by the calling thread. Frees are allowed.
// threads, errors: as allocation_budget
class MALLOCSPY_API no_allocation_scope : public allocation_budget {
public:
  explicit no_allocation_scope(const char* file = __builtin_FILE(), int line = __builtin_LINE())
      : allocation_budget("no_allocation_scope", 0, unlimited, file, line) {}
};

} // namespace mallocspy
