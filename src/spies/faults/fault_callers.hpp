// SPDX-License-Identifier: MIT
// The fault injector's filters by caller: the stack of each request is walked, and what was found about a return address is
// remembered.
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
  // Of a return address.
  enum verdict : std::uint64_t {
    neither = 0,
    is_under = 1,
    is_not_under = 2,
    both = is_under | is_not_under,
  };

  std::uint64_t judge(const void* address) noexcept;

  // Verdicts: the address, which has 48 bits, above the two of the verdict. Another address with the same place replaces
  // it. 0: none yet.
  static constexpr std::size_t places = 4096;
  std::atomic<std::uint64_t> m_known[places]{};
};

} // namespace mallocspy
