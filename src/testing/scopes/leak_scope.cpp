// SPDX-License-Identifier: MIT
#include <mallocspy/testing/leak_scope.hpp>

#include "spies/leaks/leak_tables.hpp"
#include "testing/spies/requester.hpp"
#include "testing/spies/scope_report.hpp"
#include "testing/spies/test_spies.hpp"

#include <algorithm>
#include <exception>
#include <mallocspy/testing/framework_glue.hpp>
#include <map>
#include <stdexcept>
#include <utility>

namespace mallocspy {

using testing_detail::amount;
using testing_detail::scopes_of_this_thread;

namespace {

// Blocks of one stack and state, as leak_group; those of one thread only.
struct group {
  block_state state;
  stack_id stack;
  std::uint64_t blocks;
  std::uint64_t bytes;
};

std::vector<group> grouped(const std::vector<leaked_block>& blocks) {
  std::map<std::pair<block_state, stack_id>, group> by_stack;
  for (const leaked_block& block : blocks) {
    group& g = by_stack.try_emplace({block.state, block.stack}, group{block.state, block.stack, 0, 0}).first->second;
    ++g.blocks;
    g.bytes += block.size;
  }
  std::vector<group> groups;
  groups.reserve(by_stack.size());
  for (const auto& entry : by_stack) {
    groups.push_back(entry.second);
  }
  std::stable_sort(groups.begin(), groups.end(), [](const group& a, const group& b) { return a.bytes > b.bytes; });
  return groups;
}

} // namespace

leak_scope::leak_scope(leaks_are what, const char* file, int line)
    : m_spies(testing_detail::use_spies()), m_what(what), m_file(file), m_line(line),
      m_exceptions(std::uncaught_exceptions()), m_thread(&scopes_of_this_thread),
      m_stack(capture_stack_id(max_stack_depth)), m_first((*m_spies)->scopes.tracker().mark()) {
  (*m_spies)->scopes.begin_tracking();
  ++scopes_of_this_thread.leak_scopes;
}

leak_scope::~leak_scope() {
  if (m_thread != &scopes_of_this_thread) {
    testing_detail::ended_on_another_thread(m_file, m_line);
  }
  --scopes_of_this_thread.leak_scopes;
  const testing_detail::own_allocations own;
  testing_detail::end_scope(m_file, m_line, [this] {
    const std::vector<leaked_block> leaked = find();
    if (leaked.size() > m_told) {
      testing_detail::tell_violation("leak_scope", m_file, m_line, leaked.size(), m_exceptions, text(leaked));
    }
  });
  delete m_spies;
}

std::vector<leaked_block> leak_scope::find() const {
  const leak_tracker& tracker = (*m_spies)->scopes.tracker();
  std::vector<leaked_block> leaked;
  if (tracker.mark() == m_first || tracker.count().blocks == 0) {
    return leaked;
  }
  testing_detail::clear_dead_stack();
  const leak_report report = tracker.report(m_first);
  const std::uint32_t thread = this_thread_number();
  std::vector<std::uint64_t> lost;
  for (leaked_block block : report) {
    if (block.thread != thread || is_expected(block.stack)) {
      continue;
    }
    if (block.state == block_state::reachable && std::binary_search(m_lost.begin(), m_lost.end(), block.number)) {
      block.state = block_state::lost;
    }
    if (block.state == block_state::lost) {
      lost.push_back(block.number);
    }
    if (m_what == leaks_are::alive || block.state != block_state::reachable) {
      leaked.push_back(block);
    }
  }
  m_lost = std::move(lost);
  return leaked;
}

std::vector<leaked_block> leak_scope::leaks() const {
  testing_detail::must_be_this_thread(m_thread, m_file, m_line);
  const testing_detail::own_allocations own;
  std::vector<leaked_block> leaked = find();
  m_told = std::max(m_told, leaked.size());
  return leaked;
}

bool leak_scope::expect(const void* block) noexcept {
  return (*m_spies)->scopes.tracker().expect(block);
}

void leak_scope::expect_from(const char* name_space) noexcept {
  for (const char*& place : m_expected_from) {
    if (place == nullptr) {
      place = name_space;
      return;
    }
  }
}

bool leak_scope::is_expected(stack_id stack) const noexcept {
  for (const char* name_space : m_expected_from) {
    if (name_space != nullptr && testing_detail::asked_by(stack, name_space)) {
      return true;
    }
  }
  return false;
}

std::string leak_scope::report() const {
  const testing_detail::own_allocations own;
  return text(leaks());
}

std::string leak_scope::text(const std::vector<leaked_block>& leaked) const {
  std::uint64_t bytes = 0;
  for (const leaked_block& block : leaked) {
    bytes += block.size;
  }
  std::vector<testing_detail::report_part> parts;
  for (const group& g : grouped(leaked)) {
    parts.push_back({"  " + amount(g.blocks, "block", "blocks") + ", " + amount(g.bytes, "byte", "bytes") + ", " +
                         (g.state == block_state::reachable ? "not freed, " : "") + spies::words_for(g.state) + ":\n",
                     g.stack});
  }
  return "leak_scope at " + testing_detail::place(m_file, m_line) + ": " + amount(leaked.size(), "block", "blocks") + ", " +
         amount(bytes, "byte", "bytes") + (m_what == leaks_are::lost ? " lost\n" : " not freed\n") +
         testing_detail::with_stacks(parts, m_stack);
}

} // namespace mallocspy
