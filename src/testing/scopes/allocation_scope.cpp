// SPDX-License-Identifier: MIT
#include <mallocspy/testing/allocation_scope.hpp>

#include "testing/spies/scope_report.hpp"
#include "testing/spies/test_spies.hpp"

namespace mallocspy {

using testing_detail::amount;
using testing_detail::scope_record;
using testing_detail::scopes_of_this_thread;

allow_allocation_scope::allow_allocation_scope() noexcept {
  ++scopes_of_this_thread.allowed;
}

allow_allocation_scope::~allow_allocation_scope() {
  --scopes_of_this_thread.allowed;
}

allocation_scope::allocation_scope(scope_stacks stacks, const char* file, int line)
    : m_spies(testing_detail::use_spies()), m_file(file), m_line(line), m_thread(&scopes_of_this_thread) {
  if (stacks == scope_stacks::kept) {
    m_record.keeps_stacks = true;
    m_stack = capture_stack_id(max_stack_depth);
  }
  m_record.outer = scopes_of_this_thread.innermost;
  scopes_of_this_thread.innermost = &m_record;
}

allocation_scope::~allocation_scope() {
  must_end_here();
  scope_record** link = &scopes_of_this_thread.innermost;
  while (*link != &m_record) {
    link = &(*link)->outer;
  }
  *link = m_record.outer;
  const testing_detail::own_allocations own;
  delete m_spies;
}

void allocation_scope::must_end_here() const noexcept {
  if (m_thread != &scopes_of_this_thread) {
    testing_detail::ended_on_another_thread(m_file, m_line);
  }
}

scope_counts allocation_scope::counts() const {
  testing_detail::must_be_this_thread(m_thread, m_file, m_line);
  return m_record.counts;
}

std::string allocation_scope::report() const {
  const scope_counts seen = counts();
  const testing_detail::own_allocations own;
  std::string text = testing_detail::place(m_file, m_line) + ": " + amount(seen.allocations, "allocation", "allocations") +
                     " (" + std::to_string(seen.reallocations) + " of them reallocations, " +
                     std::to_string(seen.failures) + " failed), " + amount(seen.bytes, "byte", "bytes") + "; " +
                     amount(seen.frees, "free", "frees") + "; at most " + std::to_string(seen.peak_bytes) +
                     " bytes more at one time\n";
  std::vector<testing_detail::report_part> parts;
  for (std::size_t i = 0; i < m_record.sites_used; ++i) {
    const testing_detail::allocation_site& site = m_record.sites[i];
    parts.push_back(
        {"  " + amount(site.allocations, "allocation", "allocations") + ", " + amount(site.bytes, "byte", "bytes") + ":\n",
         site.stack});
  }
  text += testing_detail::with_stacks(parts, m_stack);
  if (m_record.elsewhere.allocations != 0) {
    text += "  " + amount(m_record.elsewhere.allocations, "allocation", "allocations") + ", " +
            amount(m_record.elsewhere.bytes, "byte", "bytes") + " with other call stacks\n";
  }
  return text;
}

} // namespace mallocspy
