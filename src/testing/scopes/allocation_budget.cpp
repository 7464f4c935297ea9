// SPDX-License-Identifier: MIT
#include <mallocspy/testing/allocation_budget.hpp>

#include "testing/spies/scope_report.hpp"

#include <algorithm>
#include <exception>

namespace mallocspy {

allocation_budget::allocation_budget(std::uint64_t allocations, std::uint64_t bytes, const char* file, int line)
    : allocation_budget("allocation_budget", allocations, bytes, file, line) {}

allocation_budget::allocation_budget(const char* name, std::uint64_t allocations, std::uint64_t bytes, const char* file,
                                     int line)
    : m_name(name), m_allocations(allocations), m_bytes(bytes), m_exceptions(std::uncaught_exceptions()),
      m_scope(scope_stacks::kept, file, line) {}

allocation_budget::~allocation_budget() {
  m_scope.must_end_here();
  testing_detail::end_scope(m_scope.file(), m_scope.line(), [this] {
    const testing_detail::own_allocations own;
    const scope_counts counts = m_scope.counts();
    const std::uint64_t violations = beyond(counts);
    if (violations > m_told) {
      testing_detail::tell_violation(m_name, m_scope.file(), m_scope.line(), violations, m_exceptions, text(counts));
    }
  });
}

std::uint64_t allocation_budget::beyond(const scope_counts& counts) const noexcept {
  if (counts.allocations > m_allocations) {
    return counts.allocations - m_allocations;
  }
  return counts.bytes > m_bytes ? 1 : 0;
}

std::uint64_t allocation_budget::violations() const {
  const std::uint64_t violations = beyond(m_scope.counts());
  m_told = std::max(m_told, violations);
  return violations;
}

std::string allocation_budget::report() const {
  violations();
  return text(m_scope.counts());
}

std::string allocation_budget::text(const scope_counts& counts) const {
  const testing_detail::own_allocations own;
  std::string text = m_name;
  if (m_allocations != 0) {
    text += " of " + testing_detail::amount(m_allocations, "allocation", "allocations");
  }
  if (m_bytes != unlimited) {
    text += " and " + testing_detail::amount(m_bytes, "byte", "bytes");
  }
  text += beyond(counts) == 0 ? ", kept: " : ", broken: ";
  return text + m_scope.report();
}

} // namespace mallocspy
