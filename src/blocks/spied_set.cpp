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

namespace {

// effects: calls visit(byte) for each byte of the map that has a mark, for the granules that begin in a block
// returns: whether a visit returned true, which ends the look
template <class Visit> bool any_mark(const void* p, std::size_t extent, Visit visit) noexcept {
  auto* byte = byte_of_block(p);
  const std::size_t granules = (extent + granule_size - 1) / granule_size;
  for (std::size_t i = 0; i < granules;) {
    const bool word_ahead = reinterpret_cast<std::uintptr_t>(byte + i) % 8 == 0 && granules - i >= 8;
    if (word_ahead) {
      const auto word = reinterpret_cast<const detail::map_word*>(byte + i)->load(std::memory_order_relaxed);
      if ((word & detail::word_of_marks) == 0) {
        i += 8;
        continue;
      }
    }
    if ((byte[i].load(std::memory_order_relaxed) & mark_bit) != 0 && visit(byte + i)) {
      return true;
    }
    ++i;
  }
  return false;
}

} // namespace

std::size_t spied_set::erase_inside(const void* p, std::size_t extent, node_stock& stock) noexcept {
  std::size_t erased = 0;
  any_mark(p, extent, [&](map_byte* byte) {
    erased += static_cast<std::size_t>(clear_mark(byte));
    return false;
  });
  const auto from = reinterpret_cast<std::uintptr_t>(p);
  return erased + m_side.erase_range(from, from + extent, stock);
}

bool spied_set::may_have_inside(const void* p, std::size_t extent) const noexcept {
  return !m_side.empty() || any_mark(p, extent, [](map_byte*) { return true; });
}

void spied_set::before_release(const void* raw, std::size_t bytes) noexcept {
  if (any_mark(raw, bytes, [](map_byte*) { return true; })) {
    m_plain_sizes.store(0, std::memory_order_relaxed);
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
