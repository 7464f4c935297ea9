// SPDX-License-Identifier: MIT
// What a guard says. Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "blocks/line.hpp"
#include "spies/guard/guard_parts.hpp"
#include "spies/process/changed_pages.hpp"
#include "spies/stacks/stack_text.hpp"

namespace mallocspy {

namespace {

const char* name_of(guard_fault fault) noexcept {
  switch (fault) {
  case guard_fault::overflow:
    return "overflow";
  case guard_fault::underflow:
    return "underflow";
  case guard_fault::use_after_free:
    return "use after free";
  case guard_fault::freed_twice:
    return "freed twice";
  case guard_fault::not_the_block:
    return "not the block's start";
  }
  return "?";
}

void tell_stack(const char* what, stack_id id) noexcept {
  const stored_stack stack(id);
  if (stack.size() == 0) {
    return;
  }
  blocks::line().text("  ").text(what).write();
  const std::size_t own = spies::own_frames_of(stack);
  for (std::size_t i = own; i < stack.size(); ++i) {
    const code_location where = locate_code(stack[i]);
    blocks::line text;
    text.text("    #").number(i - own).text(" ");
    if (where.function != nullptr) {
      text.text(where.function).text("+").address(reinterpret_cast<const void*>(where.function_offset)).text(" ");
    }
    text.text("(").text(where.module == nullptr ? "?" : where.module).text("+");
    text.address(reinterpret_cast<const void*>(where.module_offset)).text(")").write();
  }
}

} // namespace

misuse_action report_guard_finding(const guard_finding& finding) noexcept {
  blocks::line text;
  text.text("guard: ").text(name_of(finding.fault)).text(": block ").address(finding.block).text(" of ");
  text.number(finding.size).text(" bytes");
  if (finding.offset < 0) {
    text.text(", byte -").number(static_cast<std::size_t>(-finding.offset));
  } else if (finding.fault != guard_fault::freed_twice) {
    text.text(", byte ").number(static_cast<std::size_t>(finding.offset));
  }
  text.text("; found by ").text(finding.found_at).write();
  tell_stack("allocated by", finding.allocated);
  tell_stack("freed by", finding.freed);
  return misuse_action::go_on;
}

std::size_t guard::check_all() {
  std::size_t count = 0;
  spies::guarded_block copied{};
  spies::damage found{};
  m_parts->table.for_each(
      [&](spies::guarded_block& block) {
        found = m_parts->zones.look(block, block.state == spies::block_state::quarantined);
        if (found.found) {
          spies::zones::mark_told(block, found.fault);
          copied = block;
        }
        return found.found;
      },
      [&] {
        ++count;
        m_parts->tell(copied, found.fault, found.offset, "check_all");
      });
  return count;
}

void spies::guard_access::check_changed(guard& g) {
  changed_pages changed;
  guard::parts& parts = *g.m_parts;
  parts.table.for_each_unlocked([&](spies::guarded_block& block) {
    const auto begin = reinterpret_cast<std::uintptr_t>(block.raw);
    if (block.state == spies::block_state::leaving || !changed.may_differ(begin, begin + block.raw_size)) {
      return;
    }
    const spies::damage found = parts.zones.look(block, block.state == spies::block_state::quarantined);
    if (found.found) {
      spies::zones::mark_told(block, found.fault);
      parts.tell(block, found.fault, found.offset, "check_all");
    }
  });
}

std::size_t guard::findings() const noexcept {
  return m_parts->findings.load(std::memory_order_relaxed);
}

} // namespace mallocspy
