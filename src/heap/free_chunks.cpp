// SPDX-License-Identifier: MIT
#include "heap/free_chunks.hpp"

#include "heap/damage.hpp"

namespace mallocspy::heap {

namespace {

constexpr std::size_t word = sizeof(std::uintptr_t);

unsigned highest_bit(std::size_t value) noexcept {
  return 63U - static_cast<unsigned>(__builtin_clzll(value));
}

std::uintptr_t last_granule(chunk c) noexcept {
  return c.end() - granule_size;
}

void mark_chunk(const segment& s, chunk c) noexcept {
  s.byte_of(last_granule(c))->store(last_of_chunk, std::memory_order_relaxed);
  s.byte_of(c.address)->store(c.granules == 1 ? lone_chunk : first_of_chunk, std::memory_order_relaxed);
}

void unmark_chunk(const segment& s, chunk c) noexcept {
  s.byte_of(c.address)->store(0, std::memory_order_relaxed);
  s.byte_of(last_granule(c))->store(0, std::memory_order_relaxed);
}

// returns: whether what the chunk says of itself fits the bytes beside it
bool is_sound(const segment& s, chunk c) noexcept {
  return c.granules >= 2 && c.address >= s.begin && c.granules <= (s.end - c.address) >> granule_bits &&
         s.byte_of(c.address)->load(std::memory_order_relaxed) == first_of_chunk &&
         s.byte_of(last_granule(c))->load(std::memory_order_relaxed) == last_of_chunk &&
         peek(c.address + 2 * word) == c.granules && peek(c.end() - word) == c.granules;
}

chunk sound_or_none(const segment& s, chunk c) noexcept {
  if (MALLOCSPY_UNLIKELY(!is_sound(s, c))) {
    damage_found(c.address);
    return {0, 0};
  }
  return c;
}

// returns: the free chunk that ends where `address` is
chunk chunk_before(const segment& s, std::uintptr_t address) noexcept {
  if (address == s.begin) {
    return {0, 0};
  }
  const std::uint8_t value = s.byte_of(address - granule_size)->load(std::memory_order_relaxed);
  if (value == lone_chunk) {
    return {address - granule_size, 1};
  }
  if (value != last_of_chunk) {
    return {0, 0};
  }
  const std::size_t granules = peek(address - word);
  if (MALLOCSPY_UNLIKELY(granules > (address - s.begin) >> granule_bits)) {
    damage_found(address - granule_size);
    return {0, 0};
  }
  return sound_or_none(s, {address - granules * granule_size, granules});
}

} // namespace

std::size_t free_chunks::list_of(std::size_t granules) noexcept {
  if (granules < 16) {
    return granules;
  }
  const unsigned high = highest_bit(granules);
  return 16 * (std::size_t{high} - 3) + ((granules >> (high - 4)) & 15U);
}

void free_chunks::put(const segment& s, chunk c) noexcept {
  const std::size_t list = list_of(c.granules);
  const std::uintptr_t next = m_first[list];
  poke(c.address, next);
  poke(c.address + word, 0);
  if (c.granules > 1) {
    poke(c.address + 2 * word, c.granules);
    poke(c.end() - word, c.granules);
  }
  if (next != 0) {
    poke(next + word, c.address);
  }
  m_first[list] = c.address;
  m_filled[list / word_bits] |= std::uint64_t{1} << (list % word_bits);
  mark_chunk(s, c);
}

void free_chunks::take(const segment& s, chunk c) noexcept {
  const std::uintptr_t next = peek(c.address);
  const std::uintptr_t before = peek(c.address + word);
  if (next != 0) {
    poke(next + word, before);
  }
  if (before != 0) {
    poke(before, next);
  } else {
    const std::size_t list = list_of(c.granules);
    m_first[list] = next;
    if (next == 0) {
      m_filled[list / word_bits] &= ~(std::uint64_t{1} << (list % word_bits));
    }
  }
  unmark_chunk(s, c);
}

chunk free_chunks::find(std::size_t granules) const noexcept {
  const auto chunk_in = [](std::uintptr_t address, std::size_t list) {
    return chunk{address, list < 32 ? list : peek(address + 2 * word)};
  };
  // From the first list whose chunks are all large enough.
  const unsigned high = granules < 32 ? 4 : highest_bit(granules);
  const std::size_t from = list_of(granules + (std::size_t{1} << (high - 4)) - 1);
  std::size_t index = from / word_bits;
  std::uint64_t lists = index < list_count / word_bits ? m_filled[index] & (~std::uint64_t{0} << (from % word_bits)) : 0;
  while (lists == 0 && ++index < list_count / word_bits) {
    lists = m_filled[index];
  }
  if (lists != 0) {
    const std::size_t list = index * word_bits + static_cast<std::size_t>(__builtin_ctzll(lists));
    return chunk_in(m_first[list], list);
  }
  // Perhaps one of those that are mixed with smaller ones.
  const std::size_t mixed = list_of(granules);
  for (std::uintptr_t at = m_first[mixed]; at != 0; at = behind(at)) {
    const chunk c = chunk_in(at, mixed);
    if (c.granules >= granules) {
      return c;
    }
  }
  return {0, 0};
}

chunk free_chunks::at(const segment& s, std::uintptr_t address) noexcept {
  if (address >= s.end) {
    return {0, 0};
  }
  const std::uint8_t value = s.byte_of(address)->load(std::memory_order_relaxed);
  if (value == lone_chunk) {
    return {address, 1};
  }
  if (value != first_of_chunk) {
    return {0, 0};
  }
  const std::size_t granules = peek(address + 2 * word);
  if (MALLOCSPY_UNLIKELY(granules > (s.end - address) >> granule_bits)) {
    damage_found(address);
    return {0, 0};
  }
  return sound_or_none(s, {address, granules});
}

chunk free_chunks::merge(const segment& s, chunk c) noexcept {
  const chunk next = at(s, c.end());
  if (next.address != 0) {
    take(s, next);
    c.granules += next.granules;
  }
  const chunk before = chunk_before(s, c.address);
  if (before.address != 0) {
    take(s, before);
    c = {before.address, before.granules + c.granules};
  }
  return c;
}

chunk free_chunks::largest() const noexcept {
  for (std::size_t list = list_count; list-- != 0;) {
    chunk best{0, 0};
    for (std::uintptr_t at = m_first[list]; at != 0; at = behind(at)) {
      const std::size_t granules = list < 32 ? list : peek(at + 2 * word);
      best = granules > best.granules ? chunk{at, granules} : best;
    }
    if (best.address != 0) {
      return best;
    }
  }
  return {0, 0};
}

} // namespace mallocspy::heap
