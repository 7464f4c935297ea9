// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked.
#include "blocks/spied_set.hpp"

namespace mallocspy::blocks {

namespace {

// returns: the byte that may hold the client's mark: that of a granule which belongs to the raw block. Any other granule's
//   byte belongs to another block, whose thread writes it when it pleases
map_byte* byte_for_mark(const void* client, const void* raw, std::size_t size) noexcept {
  const auto from = reinterpret_cast<std::uintptr_t>(raw);
  const auto at = reinterpret_cast<std::uintptr_t>(client);
  const std::uintptr_t extent = size == 0 ? 1 : size;
  return at >= from && at - from < extent ? find_byte(client) : nullptr;
}

// effects: sets the mark. returns: whether there was none
bool set_mark(map_byte* byte) noexcept {
  std::uint8_t value = byte->load(std::memory_order_relaxed);
  while ((value & mark_bit) == 0) {
    if (exchange(byte, value, value | unsigned{mark_bit})) {
      return true;
    }
    value = byte->load(std::memory_order_relaxed);
  }
  return false;
}

// effects: clears the mark. returns: whether there was one
bool clear_mark(map_byte* byte) noexcept {
  if (byte == nullptr) {
    return false;
  }
  std::uint8_t value = byte->load(std::memory_order_relaxed);
  while ((value & mark_bit) != 0) {
    // Remembered, so that freeing the same client pointer again is told for what it is. A raw start is left to its own
    // free.
    const unsigned freed = (value & start_bit) != 0 ? 0 : freed_bit;
    if (exchange(byte, value, (value & ~unsigned{mark_bit}) | freed)) {
      return true;
    }
    value = byte->load(std::memory_order_relaxed);
  }
  return false;
}

} // namespace

void spied_set::before_release(const void* raw, std::size_t bytes) noexcept {
  if (has_marks(byte_of_block(raw), bytes)) {
    m_left_behind.store(true, std::memory_order_relaxed);
  }
}

bool spied_set::insert(place& room, void* client, const void* raw, std::size_t size) noexcept {
  if (map_byte* byte = byte_for_mark(client, raw, size)) {
    if (m_side.contains(reinterpret_cast<std::uintptr_t>(client))) {
      return false;
    }
    return set_mark(byte);
  }
  return !contains(client) && m_side.insert(reinterpret_cast<std::uintptr_t>(client), room.m_stock);
}

bool spied_set::erase(void* client, node_stock& stock) noexcept {
  return clear_mark(find_byte(client)) || m_side.erase(reinterpret_cast<std::uintptr_t>(client), stock);
}

} // namespace mallocspy::blocks
