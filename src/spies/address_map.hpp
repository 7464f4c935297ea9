// SPDX-License-Identifier: MIT
// A map from addresses to words that only grows: what was learned of a return address once, for all threads.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "blocks/hints.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace mallocspy::spies {

class address_map {
public:
  // returns: what was put in for the address; 0 if nothing (yet). threads: any, as all of these
  std::uint64_t find(std::uint64_t address) const noexcept {
    const table* t = m_table.load(std::memory_order_acquire);
    if (MALLOCSPY_UNLIKELY(t == nullptr)) {
      return 0;
    }
    for (std::size_t i = place(address, t->mask);; i = (i + 1) & t->mask) {
      const std::uint64_t key = t->entries[i].address.load(std::memory_order_relaxed);
      if (MALLOCSPY_LIKELY(key == address)) {
        return t->entries[i].value.load(std::memory_order_acquire);
      }
      if (key == 0) {
        return 0; // a table is never full
      }
    }
  }

  // effects: puts the value, not 0, in for the address, not 0. Threads that do so at once must have the same value. May be
  //   dropped where there is no memory; then it is not found
  void insert(std::uint64_t address, std::uint64_t value) noexcept;

private:
  struct entry {
    std::atomic<std::uint64_t> address;
    std::atomic<std::uint64_t> value;
  };
  struct table {
    std::size_t mask;
    std::atomic<std::size_t> count;
    entry entries[1]; // mask + 1 of them
  };

  static std::size_t place(std::uint64_t address, std::size_t mask) noexcept {
    return static_cast<std::size_t>((address * 0x9E3779B97F4A7C15U) >> 20) & mask;
  }
  static table* make(std::size_t capacity) noexcept;
  static void put(table& t, std::uint64_t address, std::uint64_t value) noexcept;
  table* grow(table* old) noexcept;

  std::atomic<table*> m_table{nullptr};
  std::atomic<int> m_growing{0}; // the process whose thread is making a larger table
};

} // namespace mallocspy::spies
