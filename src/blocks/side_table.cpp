// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked; its lock is held for a few instructions and never across a hook.
#include "blocks/side_table.hpp"

#include "blocks/table_memory.hpp"

namespace mallocspy::blocks {

namespace {

// This thread is between before_fork and after_fork, and holds the lock.
__thread bool forking = false;

class held {
public:
  explicit held(fork_safe_lock& lock) noexcept : m_lock(lock) {
    if (!forking) {
      m_lock.lock();
    }
  }
  ~held() {
    if (!forking) {
      m_lock.unlock();
    }
  }
  held(const held&) = delete;
  held& operator=(const held&) = delete;

private:
  fork_safe_lock& m_lock;
};

} // namespace

bool node_stock::refill() noexcept {
  constexpr std::size_t chunk = 4096; // each thread has a stock
  auto* nodes = static_cast<side_node*>(map_table(chunk));
  if (nodes == nullptr) {
    return false;
  }
  for (std::size_t i = 0; i < chunk / sizeof(side_node); ++i) {
    put(&nodes[i]);
  }
  return true;
}

std::size_t side_table::bucket_of(std::uintptr_t address) noexcept {
  // Fibonacci hashing: the high bits of the product depend on all bits of the address.
  return static_cast<std::size_t>((address * 0x9E3779B97F4A7C15U) >> 52);
}

side_node** side_table::link_to(std::uintptr_t address) noexcept {
  side_node** link = &m_buckets[bucket_of(address)];
  while (*link != nullptr && (*link)->address != address) {
    link = &(*link)->next;
  }
  return link;
}

bool side_table::find_locked(std::uintptr_t address) const noexcept {
  const held lock(m_lock);
  return *const_cast<side_table*>(this)->link_to(address) != nullptr;
}

bool side_table::insert(std::uintptr_t address, node_stock& stock) noexcept {
  const held lock(m_lock);
  side_node** link = link_to(address);
  if (*link != nullptr) {
    return false;
  }
  *link = stock.take();
  **link = {address, nullptr};
  m_count.store(m_count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  return true;
}

bool side_table::erase(std::uintptr_t address, node_stock& stock) noexcept {
  if (m_count.load(std::memory_order_relaxed) == 0) {
    return false;
  }
  const held lock(m_lock);
  side_node** link = link_to(address);
  side_node* gone = *link;
  if (gone == nullptr) {
    return false;
  }
  *link = gone->next;
  stock.put(gone);
  m_count.store(m_count.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
  return true;
}

std::size_t side_table::erase_range(std::uintptr_t from, std::uintptr_t end, node_stock& stock) noexcept {
  if (empty()) {
    return 0;
  }
  const held lock(m_lock);
  std::size_t erased = 0;
  for (side_node*& bucket : m_buckets) {
    for (side_node** link = &bucket; *link != nullptr;) {
      side_node* node = *link;
      if (node->address >= from && node->address < end) {
        *link = node->next;
        stock.put(node);
        ++erased;
      } else {
        link = &node->next;
      }
    }
  }
  m_count.store(m_count.load(std::memory_order_relaxed) - erased, std::memory_order_relaxed);
  return erased;
}

void side_table::before_fork() noexcept {
  m_lock.lock();
  forking = true;
}

void side_table::after_fork() noexcept {
  forking = false;
  m_lock.unlock();
}

} // namespace mallocspy::blocks
