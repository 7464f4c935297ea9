// SPDX-License-Identifier: MIT
// An exact set of addresses, for client pointers that have no byte of their own in the block map. Small as a rule, empty
// for most spies. A node is set aside before it is needed, so that inserting cannot fail.
// Runs inside hooks: never allocates from what is hooked; its lock is held for a few instructions and never across a hook.
#pragma once

#include "blocks/fork_safe_lock.hpp"
#include "blocks/hints.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace mallocspy::blocks {

struct side_node {
  std::uintptr_t address;
  side_node* next;
};

// Nodes in reserve. Belongs to one thread, or to whoever holds a lock; no constructor, so that it can be thread-local.
struct node_stock {
  side_node* first;
  std::size_t count;    // how many there are
  std::size_t promised; // how many of them are set aside for nested calls under way

  void put(side_node* node) noexcept {
    node->next = first;
    first = node;
    ++count;
  }
  side_node* take() noexcept {
    side_node* node = first;
    first = node->next;
    --count;
    return node;
  }
  // effects: moves all of the other's nodes here
  void take_over(node_stock& other) noexcept {
    while (other.first != nullptr) {
      put(other.take());
    }
  }
  // effects: brings more nodes from the system than calls can be nested on a stack. returns: false if it has no memory
  MALLOCSPY_COLD bool refill() noexcept;
};

class side_table {
public:
  // effects: puts the address in, if it is not there, with a node that was promised
  // returns: whether it was put in
  bool insert(std::uintptr_t address, node_stock& stock) noexcept;

  // effects: takes the address out, and its node into the stock. returns: whether it was there
  bool erase(std::uintptr_t address, node_stock& stock) noexcept;

  // effects: takes out every address from `from` on, up to but without `end`. returns: how many there were
  // Looks at all that is in: for what happens rarely
  std::size_t erase_range(std::uintptr_t from, std::uintptr_t end, node_stock& stock) noexcept;

  // returns: whether nothing is in, as far as this thread can know
  bool empty() const noexcept {
    return m_count.load(std::memory_order_relaxed) == 0;
  }

  bool contains(std::uintptr_t address) const noexcept {
    // Whoever asks about an address has it from a thread that saw it put in: the count is no older than that.
    return MALLOCSPY_UNLIKELY(m_count.load(std::memory_order_relaxed) != 0) && find_locked(address);
  }

  // Before a fork, and after it in both processes. In between the thread that forks may still use the table.
  void before_fork() noexcept;
  void after_fork() noexcept;

private:
  // Enough for what it is used for: a spy with odd offsets. Longer chains slow down, they do not fail.
  static constexpr std::size_t bucket_count = 4096;

  static std::size_t bucket_of(std::uintptr_t address) noexcept;
  bool find_locked(std::uintptr_t address) const noexcept;
  side_node** link_to(std::uintptr_t address) noexcept;

  mutable fork_safe_lock m_lock;
  std::atomic<std::size_t> m_count{0};
  side_node* m_buckets[bucket_count] = {};
};

} // namespace mallocspy::blocks
