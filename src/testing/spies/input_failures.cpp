// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "testing/spies/input_failures.hpp"

#include "testing/board/fnv1a.hpp"
#include "testing/run/sweep_run.hpp"

namespace mallocspy::testing_detail {

namespace {

__thread char of_this_thread;

} // namespace

void input_failures::begin(const void* data, std::size_t size, unsigned rarity) noexcept {
  m_state = fnv1a(data, size);
  m_rarity = rarity == 0 ? 1 : rarity;
  m_failed = 0;
  m_thread = &of_this_thread;
  m_armed.store(size != 0, std::memory_order_release);
}

std::uint64_t input_failures::end() noexcept {
  m_armed.store(false, std::memory_order_relaxed);
  return m_failed;
}

bool input_failures::draws_failure() noexcept {
  if (m_thread != &of_this_thread || depth_without_faults() != 0) {
    return false;
  }
  // splitmix64: each number depends on the hash and on how many came before.
  m_state += 0x9E3779B97F4A7C15U;
  std::uint64_t z = m_state;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  z ^= z >> 31;
  const bool fails = z % m_rarity == 0;
  m_failed += fails ? 1 : 0;
  return fails;
}

} // namespace mallocspy::testing_detail
