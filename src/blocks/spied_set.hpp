// SPDX-License-Identifier: MIT
// The set S of the spy contract: the client pointers of the blocks that were allocated under the present spy. A client
// pointer that starts a granule of its own raw block is a mark in the block map; any other one is in the side table.
// Runs inside hooks: never allocates from what is hooked. threads: one at a time (the spy's lock)
#pragma once

#include "blocks/side_table.hpp"

namespace mallocspy::blocks {

class spied_set {
public:
  // Room for one client pointer, set aside before the spy is asked for it. Lack of memory is known then, and only then.
  class place {
  public:
    explicit place(spied_set& set) noexcept : m_set(set), m_node(set.m_side.take_node()) {}
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    ~place() {
      if (m_node != nullptr) {
        m_set.m_side.give_back(m_node);
      }
    }
    explicit operator bool() const noexcept {
      return m_node != nullptr;
    }

  private:
    friend class spied_set;
    spied_set& m_set;
    side_table::node* m_node;
  };

  // effects: S += {client}, the client pointer of the live raw block of `size` bytes; uses the place up
  void insert(place& room, void* client, const void* raw, std::size_t size) noexcept;

  // effects: S -= {client}
  void erase(void* client) noexcept;

  bool contains(const void* client) const noexcept;

  bool empty() const noexcept {
    return m_count == 0;
  }

private:
  side_table m_side;
  std::size_t m_count = 0;
};

} // namespace mallocspy::blocks
