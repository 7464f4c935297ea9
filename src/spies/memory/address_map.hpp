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
    const entry* first = t->at(place(address, t->mask));
    if (MALLOCSPY_LIKELY(first->address.load(std::memory_order_relaxed) == address)) {
      return first->value.load(std::memory_order_acquire);
    }
    return find_further(*t, address);
  }

  // effects: puts the value, not 0, in for the address, not 0. Threads that do so at once must have the same value. May be
  //   dropped where there is no memory; then it is not found
  void insert(std::uint64_t address, std::uint64_t value) noexcept;

private:
  struct entry {
    std::atomic<std::uint64_t> address;
    std::atomic<std::uint64_t> value;
  };
  // A mask and places count bytes, so that a place need not be multiplied on the way to what all wait for.
  struct table {
    std::size_t mask;
    std::atomic<std::size_t> count;
    entry entries[1]; // (mask / sizeof(entry)) + 1 of them

    entry* at(std::size_t place) noexcept {
      return reinterpret_cast<entry*>(reinterpret_cast<char*>(entries) + place);
    }
    const entry* at(std::size_t place) const noexcept {
      return reinterpret_cast<const entry*>(reinterpret_cast<const char*>(entries) + place);
    }
    std::size_t next(std::size_t place) const noexcept {
      return (place + sizeof(entry)) & mask;
    }
    std::size_t capacity() const noexcept {
      return mask / sizeof(entry) + 1;
    }
  };

  // The bytes of a page of code have places of their own, and each page has others: the product that would spread them
  // better takes longer, and every frame of a walk waits for it.
  static std::size_t place(std::uint64_t address, std::size_t mask) noexcept {
    static_assert(sizeof(entry) == 16);
    return static_cast<std::size_t>(address << 4 ^ address >> 8) & mask;
  }
  static MALLOCSPY_OUT_OF_LINE std::uint64_t find_further(const table& t, std::uint64_t address) noexcept;
  static table* make(std::size_t capacity) noexcept;
  static void put(table& t, std::uint64_t address, std::uint64_t value) noexcept;
  table* grow(table* old) noexcept;

  static table none; // has one entry, which is free

  std::atomic<table*> m_table{&none};
  std::atomic<int> m_growing{0}; // the process whose thread is making a larger table
};

} // namespace mallocspy::spies
