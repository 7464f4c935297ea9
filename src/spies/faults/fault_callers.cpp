// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "spies/faults/fault_callers.hpp"

#include "spies/symbols/symbol_match.hpp"

#include <mallocspy/spies/call_stack.hpp>

namespace mallocspy {

namespace {

constexpr std::size_t depth = 63;

bool is_in(const code_location& where, const char* name) noexcept {
  return name != nullptr && (spies::names_function(name, where.function) || spies::names_module(name, where.module));
}

} // namespace

std::uint64_t fault_injector::callers::judge(const void* address) noexcept {
  const auto number = reinterpret_cast<std::uintptr_t>(address);
  std::atomic<std::uint64_t>& known = m_known[(number ^ (number >> 12)) % places];
  const std::uint64_t seen = known.load(std::memory_order_relaxed);
  if (MALLOCSPY_LIKELY((seen >> 2) == number)) {
    return seen & both;
  }
  const code_location where = locate_code(address);
  const std::uint64_t found =
      (is_in(where, under) ? is_under : neither) | (is_in(where, not_under) ? is_not_under : neither);
  known.store((std::uint64_t{number} << 2) | found, std::memory_order_relaxed);
  return found;
}

bool fault_injector::callers::pass() noexcept {
  const void* addresses[depth];
  const std::size_t count = capture_stack(addresses, depth);
  bool below = under == nullptr;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t found = judge(addresses[i]);
    if ((found & is_not_under) != 0) {
      return false;
    }
    below = below || (found & is_under) != 0;
    if (below && not_under == nullptr) {
      return true;
    }
  }
  return below;
}

} // namespace mallocspy
