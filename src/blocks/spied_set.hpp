// SPDX-License-Identifier: MIT
// The set S of the spy contract: the client pointers of the blocks that were allocated under the present spy. A client
// pointer that starts a granule of its own raw block is a mark in the block map; any other one is in the side table.
// Runs inside hooks: never allocates from what is hooked. threads: any; how many pointers are in is for the caller to count
#pragma once

#include "blocks/block_map.hpp"
#include "blocks/in_place.hpp"
#include "blocks/side_table.hpp"

namespace mallocspy::blocks {

class spied_set {
public:
  // Room for one client pointer, set aside before the spy is asked for it. Lack of memory is known then, and only then.
  class place {
  public:
    // nested: calls further out on the same stock have places of their own. The outermost one's is not counted: it is the
    // one that nested places always leave over.
    place(node_stock& stock, bool nested) noexcept : m_stock(stock), m_nested(nested) {
      const std::size_t others = nested ? 1 + stock.promised : 0;
      m_held = MALLOCSPY_LIKELY(stock.count > others) || stock.refill();
      if (nested) {
        stock.promised += m_held ? 1 : 0;
      }
    }
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    ~place() {
      if (m_nested) {
        m_stock.promised -= m_held ? 1 : 0;
      }
    }
    explicit operator bool() const noexcept {
      return m_held;
    }

  private:
    friend class spied_set;
    node_stock& m_stock;
    const bool m_nested;
    bool m_held;
  };

  // effects: S += {client}, the client pointer of the live raw block of `size` bytes
  // returns: whether it was not in
  bool insert(place& room, void* client, const void* raw, std::size_t size) noexcept;

  // effects: S -= {client}. returns: whether it was in
  bool erase(void* client, node_stock& stock) noexcept;

  // What lies inside the raw block of `extent` bytes at p, its slack included.

  // effects: S -= all client pointers inside. returns: how many there were
  std::size_t erase_inside(const void* p, std::size_t extent, node_stock& stock) noexcept;

  // returns: whether there may be one. No is certain, if nobody but the caller has the block
  bool may_have_inside(const void* p, std::size_t extent) const noexcept;

  bool contains(const void* client) const noexcept {
    const map_byte* byte = find_byte(client);
    return (byte != nullptr && (byte->load(std::memory_order_relaxed) & mark_bit) != 0) || is_aside(client);
  }

  // returns: whether the client pointer is in the side table, where contains() looks last
  bool is_aside(const void* client) const noexcept {
    return m_side.contains(reinterpret_cast<std::uintptr_t>(client));
  }

  // A raw block that goes while a client pointer in it stays in the set leaves its mark behind, and memory that is then
  // used for other blocks must keep it. Few spies ever do this, and most allocations need not look.

  // effects: notes whether marks would be left behind if these bytes, all of a raw block's, had no owner from now on
  void before_release(const void* raw, std::size_t bytes) noexcept;

  // returns: whether a fresh block of that size must do nothing about marks that are left behind
  //   As a rule so for the short sizes but 0; for none where there may be some
  MALLOCSPY_INLINE bool is_plain_size(std::size_t size) const noexcept {
    return is_below(size - 1, m_plain_sizes);
  }

  // effects: for a new spy. The set is empty then
  void start_over() noexcept {
    m_plain_sizes.store(first_large - 1, std::memory_order_relaxed);
  }

  // Before a fork, and after it in both processes.
  void before_fork() noexcept {
    m_side.before_fork();
  }
  void after_fork() noexcept {
    m_side.after_fork();
  }

private:
  std::atomic<std::size_t> m_plain_sizes{first_large - 1}; // those that are below it when 1 is taken off
  side_table m_side;
};

} // namespace mallocspy::blocks
