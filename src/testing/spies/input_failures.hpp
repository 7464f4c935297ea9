// SPDX-License-Identifier: MIT
// Failures that a fuzzer's input decides: a sequence of numbers that begins with a hash of it.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace mallocspy::testing_detail {

class input_failures {
public:
  // effects: requests of this thread fail from now on, about one in `rarity`; none for an empty input
  void begin(const void* data, std::size_t size, unsigned rarity) noexcept;
  // effects: none fails any more. returns: how many did
  std::uint64_t end() noexcept;

  bool is_armed() const noexcept {
    return m_armed.load(std::memory_order_relaxed);
  }
  // returns: whether the next request fails
  bool draws_failure() noexcept;

private:
  std::atomic<bool> m_armed{false};
  std::uint64_t m_state = 0;
  std::uint64_t m_failed = 0;
  unsigned m_rarity = 1;
  const void* m_thread = nullptr;
};

} // namespace mallocspy::testing_detail
