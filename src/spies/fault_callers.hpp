// SPDX-License-Identifier: MIT
// The fault injector's filters by caller: the stack of each request is walked and stored, and what was found about a stored
// stack is remembered.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "blocks/hints.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mallocspy/spies/fault_injector.hpp>

namespace mallocspy {

struct fault_injector::callers {
  callers(const char* under_one, const char* not_under_one) noexcept : under(under_one), not_under(not_under_one) {}

  // returns: whether the calling thread's stack is under the one caller and not under the other
  bool pass() noexcept;

  const char* under;     // null: any
  const char* not_under; // null: none

private:
  bool judge(std::uint32_t stack) const noexcept;

  // Answers by stack: its number in the upper half, 1 for yes or 0 for no below. Another stack with the same place
  // replaces it. 0: none yet, since no stack has the number 0.
  static constexpr std::size_t places = 4096;
  std::atomic<std::uint64_t> m_known[places]{};
};

} // namespace mallocspy
