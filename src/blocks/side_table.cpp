// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked.
#include "blocks/side_table.hpp"

#include "blocks/table_memory.hpp"

namespace mallocspy::blocks {

side_table::node* side_table::take_node() noexcept {
  if (m_free == nullptr) {
    constexpr std::size_t chunk = 64 * 1024;
    auto* nodes = static_cast<node*>(map_table(chunk));
    if (nodes == nullptr) {
      return nullptr;
    }
    for (std::size_t i = 0; i < chunk / sizeof(node); ++i) {
      give_back(&nodes[i]);
    }
  }
  node* taken = m_free;
  m_free = taken->next;
  return taken;
}

void side_table::give_back(node* n) noexcept {
  n->next = m_free;
  m_free = n;
}

std::size_t side_table::bucket_of(std::uintptr_t address) noexcept {
  // Fibonacci hashing: the high bits of the product depend on all bits of the address.
  return static_cast<std::size_t>((address * 0x9E3779B97F4A7C15U) >> 52);
}

side_table::node* const* side_table::find(std::uintptr_t address) const noexcept {
  node* const* link = &m_buckets[bucket_of(address)];
  while (*link != nullptr && (*link)->address != address) {
    link = &(*link)->next;
  }
  return *link == nullptr ? nullptr : link;
}

bool side_table::insert(node* n, std::uintptr_t address) noexcept {
  if (find(address) != nullptr) {
    give_back(n);
    return false;
  }
  node*& head = m_buckets[bucket_of(address)];
  *n = {address, head};
  head = n;
  ++m_count;
  return true;
}

bool side_table::erase(std::uintptr_t address) noexcept {
  if (m_count == 0) {
    return false;
  }
  auto** link = const_cast<node**>(find(address));
  if (link == nullptr) {
    return false;
  }
  node* gone = *link;
  *link = gone->next;
  give_back(gone);
  --m_count;
  return true;
}

} // namespace mallocspy::blocks
