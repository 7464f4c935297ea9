// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "spies/fault_callers.hpp"

#include "spies/symbol_match.hpp"

#include <mallocspy/spies/call_stack.hpp>

namespace mallocspy {

namespace {

constexpr std::size_t depth = 63;

bool has_caller(stack_id stack, const char* name) noexcept {
  for (const void* address : stored_stack(stack)) {
    const code_location where = locate_code(address);
    if (spies::names_function(name, where.function) || spies::names_module(name, where.module)) {
      return true;
    }
  }
  return false;
}

} // namespace

bool fault_injector::callers::judge(stack_id stack) const noexcept {
  return (under == nullptr || has_caller(stack, under)) && (not_under == nullptr || !has_caller(stack, not_under));
}

bool fault_injector::callers::pass() noexcept {
  const stack_id stack = capture_stack_id(depth);
  if (stack == 0) {
    return under == nullptr; // nobody knows who called
  }
  std::atomic<std::uint64_t>& known = m_known[stack % places];
  const std::uint64_t seen = known.load(std::memory_order_relaxed);
  if ((seen >> 32) == stack) {
    return (seen & 1) != 0;
  }
  const bool passes = judge(stack);
  known.store((std::uint64_t{stack} << 32) | (passes ? 1 : 0), std::memory_order_relaxed);
  return passes;
}

} // namespace mallocspy
