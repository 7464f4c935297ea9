// SPDX-License-Identifier: MIT
// Comparisons with an atomic variable where it lies: compilers load it into a register first, and each of these is on the
// way of every allocation. Runs inside hooks: never allocates, takes no lock.
#pragma once

#include "blocks/hints.hpp"
#include "blocks/sanitizer_hints.hpp"

#include <atomic>
#include <cstdint>

namespace mallocspy::blocks {

// ThreadSanitizer follows atomic operations, not instructions.
#if defined(__x86_64__) && defined(__GCC_ASM_FLAG_OUTPUTS__) && !defined(MALLOCSPY_TSAN)
#define MALLOCSPY_COMPARES_IN_PLACE 1
#endif

// returns: whether the variable has that value now, read after whatever this thread has announced before
//   (task/asymmetric_barrier.hpp)
MALLOCSPY_INLINE bool equals_now(const std::atomic<std::uintptr_t>& variable, std::uintptr_t expected) noexcept {
#if defined(MALLOCSPY_COMPARES_IN_PLACE)
  bool same = false;
  __asm__ volatile("cmpq %2, %1" : "=@cce"(same) : "m"(variable), "r"(expected));
  std::atomic_signal_fence(std::memory_order_acquire);
  return same;
#else
  return variable.load(std::memory_order_seq_cst) == expected;
#endif
}

// returns: whether the value is below the limit, as it is read now, in no order with anything else
MALLOCSPY_INLINE bool is_below(std::size_t value, const std::atomic<std::size_t>& limit) noexcept {
#if defined(MALLOCSPY_COMPARES_IN_PLACE)
  bool below = false;
  __asm__("cmpq %1, %2" : "=@ccb"(below) : "m"(limit), "r"(value));
  return below;
#else
  return value < limit.load(std::memory_order_relaxed);
#endif
}

} // namespace mallocspy::blocks
