// SPDX-License-Identifier: MIT
// The sizes that programs ask for: 45 % up to 32 bytes, 97 % up to 256, the rest up to 4 KiB. The same in every run.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>

namespace mallocspy::bench {

// A cheap sequence of slots, so that the loop measures the allocator. xorshift with fixed seeds.
class slot_sequence {
public:
  explicit slot_sequence(std::uint32_t seed) noexcept : m_state(seed * 2654435769U | 1U) {}

  // returns: a number below `count`
  std::size_t below(std::size_t count) noexcept {
    m_state ^= m_state << 13;
    m_state ^= m_state >> 17;
    m_state ^= m_state << 5;
    return static_cast<std::size_t>((std::uint64_t{m_state} * count) >> 32);
  }

private:
  std::uint32_t m_state;
};

// Walks through one table of 4,096 sizes, which stays in the first-level cache.
class mixed_sizes {
public:
  std::size_t next() noexcept {
    return table()[m_next++ % table_size];
  }

private:
  static constexpr std::size_t table_size = 4096;

  static std::array<std::uint16_t, table_size> make_table() {
    std::mt19937 random(20231113); // its numbers are fixed by the standard, unlike those of the distributions
    std::array<std::uint16_t, table_size> sizes{};
    for (auto& size : sizes) {
      const auto percent = random() % 100;
      const auto any = random();
      const auto value = percent < 45 ? 1 + any % 32 : percent < 97 ? 33 + any % 224 : 257 + any % 3840;
      size = static_cast<std::uint16_t>(value);
    }
    return sizes;
  }

  static const std::array<std::uint16_t, table_size>& table() noexcept {
    return s_table;
  }

  static const inline std::array<std::uint16_t, table_size> s_table = make_table();
  std::size_t m_next = 0;
};

} // namespace mallocspy::bench
