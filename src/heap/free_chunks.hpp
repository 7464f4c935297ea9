// SPDX-License-Identifier: MIT
// The free chunks of a private heap, in lists by size: one list for each number of granules up to 31, then sixteen lists
// for each doubling. A bit for each list that is not empty finds a chunk that is large enough in a few steps.
//
// The links lie in the chunks: the next one, the one before, and from two granules on the size, at both ends.
#pragma once

#include "heap/segment.hpp"

namespace mallocspy::heap {

struct chunk {
  std::uintptr_t address; // 0: none
  std::size_t granules;

  std::uintptr_t end() const noexcept {
    return address + granules * granule_size;
  }
};

class free_chunks {
public:
  static constexpr std::size_t list_count = 704; // up to 2^44 granules

  // effects: puts a chunk in, as it is
  void put(const segment& s, chunk c) noexcept;

  // effects: takes a given chunk out
  void take(const segment& s, chunk c) noexcept;

  // returns: a chunk of at least as many granules, which is in still; none if there is none
  chunk find(std::size_t granules) const noexcept;

  // effects: takes out the free neighbours of memory that becomes free. returns: all of it as one chunk, which is not in
  chunk merge(const segment& s, chunk c) noexcept;

  // returns: the free chunk that starts here, if one does; else none
  static chunk at(const segment& s, std::uintptr_t address) noexcept;

  // returns: the largest chunk; none if there is none
  chunk largest() const noexcept;

  // returns: the first chunk of a list, 0 if it is empty; and the next one behind a chunk
  std::uintptr_t first_of(std::size_t list) const noexcept {
    return m_first[list];
  }
  static std::uintptr_t behind(std::uintptr_t address) noexcept {
    return peek(address);
  }
  static std::size_t list_of(std::size_t granules) noexcept;

private:
  static constexpr std::size_t word_bits = 64;

  std::uint64_t m_filled[list_count / word_bits] = {};
  std::uintptr_t m_first[list_count] = {};
};

} // namespace mallocspy::heap
