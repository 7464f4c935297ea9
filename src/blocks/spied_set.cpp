// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked.
#include "blocks/spied_set.hpp"

#include "blocks/block_map.hpp"

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

// returns: whether there was a mark
bool clear_mark(map_byte* byte) noexcept {
  if (byte == nullptr) {
    return false;
  }
  std::uint8_t value = byte->load(std::memory_order_relaxed);
  std::uint8_t cleared = 0;
  do {
    if ((value & mark_bit) == 0) {
      return false;
    }
    // Remembered, so that freeing the same client pointer again is told for what it is. A raw start is left to its own
    // free.
    const bool starts = (value & start_bit) != 0;
    cleared = static_cast<std::uint8_t>((value & ~mark_bit) | (starts ? 0 : freed_bit));
  } while (!byte->compare_exchange_weak(value, cleared, std::memory_order_relaxed));
  return true;
}

} // namespace

void spied_set::insert(place& room, void* client, const void* raw, std::size_t size) noexcept {
  if (contains(client)) {
    return;
  }
  if (map_byte* byte = byte_for_mark(client, raw, size)) {
    byte->fetch_or(mark_bit, std::memory_order_relaxed);
  } else {
    m_side.insert(room.m_node, reinterpret_cast<std::uintptr_t>(client));
    room.m_node = nullptr;
  }
  ++m_count;
}

void spied_set::erase(void* client) noexcept {
  if (clear_mark(find_byte(client)) || m_side.erase(reinterpret_cast<std::uintptr_t>(client))) {
    --m_count;
  }
}

bool spied_set::contains(const void* client) const noexcept {
  const map_byte* byte = find_byte(client);
  return (byte != nullptr && (byte->load(std::memory_order_relaxed) & mark_bit) != 0) ||
         m_side.contains(reinterpret_cast<std::uintptr_t>(client));
}

} // namespace mallocspy::blocks
