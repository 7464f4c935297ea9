// SPDX-License-Identifier: MIT
// Random numbers for the fault injector: for each thread a sequence of its own, which the seed and the thread's place in
// the order of first comers decide.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "spies/threads/per_thread.hpp"

#include <mallocspy/spies/fault_injector.hpp>

namespace mallocspy {

struct alignas(64) fault_stream : spies::thread_entry {
  std::atomic<std::uint64_t> drawn;
  std::atomic<std::uint64_t> start; // of the sequence; 0: it has not begun

  // returns: the next of the sequence, from 0 up to 2^53 - 1
  std::uint64_t draw(std::uint64_t seed, bool shared, std::atomic<std::uint64_t>& threads) noexcept {
    std::uint64_t number = drawn.load(std::memory_order_relaxed);
    if (MALLOCSPY_UNLIKELY(shared)) {
      number = drawn.fetch_add(1, std::memory_order_relaxed);
    } else {
      drawn.store(number + 1, std::memory_order_relaxed);
    }
    std::uint64_t from = start.load(std::memory_order_relaxed);
    if (MALLOCSPY_UNLIKELY(from == 0)) {
      const std::uint64_t place = threads.fetch_add(1, std::memory_order_relaxed) + 1;
      from = mixed(seed + place * 0x9E3779B97F4A7C15U);
      start.store(from, std::memory_order_relaxed);
    }
    return mixed(from + number) >> 11;
  }

private:
  // A bijection that spreads every bit over all others (the finaliser of SplitMix64, with its increment).
  static std::uint64_t mixed(std::uint64_t x) noexcept {
    x += 0x9E3779B97F4A7C15U;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
    return x ^ (x >> 31);
  }
};

struct fault_injector::streams {
  spies::per_thread<fault_stream> entries{spies::entries_by::index};
  std::atomic<std::uint64_t> threads{0};
};

} // namespace mallocspy
