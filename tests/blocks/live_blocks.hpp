// SPDX-License-Identifier: MIT
// The live blocks of a test, filled with a pattern, in an ordered map: knows the right answer for every pointer value, and
// whether anybody has touched a block or its size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mallocspy/blocks/misuse.hpp>
#include <map>

namespace mallocspy::tests {

template <class Door> class live_blocks {
public:
  live_blocks() = default;
  live_blocks(const live_blocks&) = delete;
  live_blocks& operator=(const live_blocks&) = delete;
  ~live_blocks() {
    for (const auto& [address, size] : m_sizes) {
      Door::free(reinterpret_cast<void*>(address));
    }
  }

  // returns: a new block, filled; null without memory
  void* make(std::size_t size) {
    return adopt(Door::alloc(size), size);
  }
  // As make, for a block that was allocated otherwise.
  void* adopt(void* p, std::size_t size) {
    if (p != nullptr) {
      m_sizes[reinterpret_cast<std::uintptr_t>(p)] = size;
      fill(p, size);
    }
    return p;
  }
  void drop(void* p) {
    m_sizes.erase(reinterpret_cast<std::uintptr_t>(p));
    Door::free(p);
  }

  bool starts_at(std::uintptr_t address) const {
    return m_sizes.count(address) != 0;
  }

  // returns: what a misuse of `address`, where no block starts, must be told as. Of the two kinds outside of every block it
  //   names not_a_block
  misuse expected(std::uintptr_t address) const {
    auto next = m_sizes.upper_bound(address);
    if (next != m_sizes.begin()) {
      const auto& [start, size] = *--next;
      if (address - start < size) {
        return {misuse_kind::interior, "", as_pointer(address), as_pointer(start), address - start, size};
      }
    }
    return {misuse_kind::not_a_block, "", as_pointer(address), nullptr, 0, 0};
  }

  // returns: whether every block has its size and every byte of its pattern
  bool untouched() const {
    for (const auto& [address, size] : m_sizes) {
      const void* p = as_pointer(address);
      if (!Door::owns(p) || Door::size(p) != size || !has_pattern(p, size)) {
        return false;
      }
    }
    return true;
  }

  std::size_t count() const {
    return m_sizes.size();
  }
  const std::map<std::uintptr_t, std::size_t>& sizes() const {
    return m_sizes;
  }

private:
  // Blocks of gigabytes are filled at both ends only.
  static constexpr std::size_t filled_at_each_end = std::size_t{8} << 20;

  static const void* as_pointer(std::uintptr_t address) {
    return reinterpret_cast<const void*>(address);
  }
  static unsigned char pattern(std::uintptr_t address) {
    return static_cast<unsigned char>((address >> 4) * 53 + 27);
  }
  static void fill(void* p, std::size_t size) {
    const int value = pattern(reinterpret_cast<std::uintptr_t>(p));
    const std::size_t end = size < filled_at_each_end ? size : filled_at_each_end;
    std::memset(p, value, end);
    std::memset(static_cast<char*>(p) + size - end, value, end);
  }
  static bool has_pattern(const void* p, std::size_t size) {
    const unsigned char value = pattern(reinterpret_cast<std::uintptr_t>(p));
    const auto* bytes = static_cast<const unsigned char*>(p);
    const std::size_t end = size < filled_at_each_end ? size : filled_at_each_end;
    // All equal to the first one, and the first one right.
    const auto all = [&](const unsigned char* from) {
      return end == 0 || (from[0] == value && std::memcmp(from, from + 1, end - 1) == 0);
    };
    return all(bytes) && all(bytes + size - end);
  }

  std::map<std::uintptr_t, std::size_t> m_sizes;
};

} // namespace mallocspy::tests
