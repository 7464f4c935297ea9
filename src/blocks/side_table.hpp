// SPDX-License-Identifier: MIT
// An exact set of addresses, for client pointers that have no byte of their own in the block map. Small as a rule, empty
// for most spies. A node is set aside before it is needed, so that inserting cannot fail.
// Runs inside hooks: never allocates from what is hooked. threads: one at a time (the spy's lock)
#pragma once

#include <cstddef>
#include <cstdint>

namespace mallocspy::blocks {

class side_table {
public:
  struct node {
    std::uintptr_t address;
    node* next;
  };

  // returns: a node that belongs to the caller until insert or give_back; null if the system has no memory
  node* take_node() noexcept;
  void give_back(node* n) noexcept;

  // effects: puts the address in, if it is not there; takes the node over in either case
  // returns: whether it was put in
  bool insert(node* n, std::uintptr_t address) noexcept;

  // effects: takes the address out. returns: whether it was there
  bool erase(std::uintptr_t address) noexcept;

  bool contains(std::uintptr_t address) const noexcept {
    return m_count != 0 && find(address) != nullptr;
  }

  std::size_t size() const noexcept {
    return m_count;
  }

private:
  // Enough for what it is used for: a spy with odd offsets. Longer chains slow down, they do not fail.
  static constexpr std::size_t bucket_count = 4096;

  static std::size_t bucket_of(std::uintptr_t address) noexcept;
  node* const* find(std::uintptr_t address) const noexcept;

  node* m_buckets[bucket_count] = {};
  node* m_free = nullptr;
  std::size_t m_count = 0;
};

} // namespace mallocspy::blocks
