// SPDX-License-Identifier: MIT
// A segment: a stretch of a private heap's own memory, and beside it one byte for each granule of 16 bytes. The bytes say
// where blocks start and how large they are, in the code of the block map (blocks/size_code.hpp), and where free memory is:
//
//   0x80 and more   a live block starts here
//   0x20            a free chunk starts here          0x22   a free chunk of one granule
//   0x21            the last granule of a free chunk  0x23   a freed block, kept for the next of its size
//   less than 0x20  inside a block or a chunk
//
// So every pointer is answered for by a byte that no program writes to.
#pragma once

#include "blocks/block_map.hpp"
#include "blocks/sanitizer_hints.hpp"
#include "blocks/size_code.hpp"

#include <cstddef>
#include <cstdint>

namespace mallocspy::heap {

using blocks::granule_bits;
using blocks::granule_size;
using blocks::map_byte;

enum chunk_mark : std::uint8_t {
  first_of_chunk = 0x20,
  last_of_chunk = 0x21,
  lone_chunk = 0x22,
  kept_block = 0x23,
};
inline constexpr std::uint8_t first_boundary = 0x20; // bytes below are inside something

// Growable heaps consist of segments of this size, aligned to it: a pointer's segment follows from the pointer.
inline constexpr std::size_t segment_size = std::size_t{4} << 20;

// returns: the granules that a block of `size` bytes takes. size: at most PTRDIFF_MAX
inline std::size_t granules_for(std::size_t size) noexcept {
  return (size + granule_size - 1 + static_cast<std::size_t>(size == 0)) >> granule_bits;
}

struct segment {
  std::uintptr_t begin;    // the first address of blocks
  std::uintptr_t end;      // and the first one behind them
  std::size_t extent;      // the bytes between
  std::uintptr_t bytes;    // the address of the byte of address 0, were there one
  std::size_t mapped;      // from this struct on
  std::uintptr_t used_end; // what lies behind was never part of a block

  map_byte* byte_of(std::uintptr_t address) const noexcept {
    return reinterpret_cast<map_byte*>(bytes + (address >> granule_bits));
  }
  std::size_t granules() const noexcept {
    return (end - begin) >> granule_bits;
  }
  bool contains(std::uintptr_t address) const noexcept {
    return address - begin < extent;
  }
};

// returns: a segment of segment_size bytes in all, aligned to that; null if the system has no memory for it
segment* map_segment() noexcept;

// effects: asks the system for large pages, which are quicker to come and to go, for what is not touched yet of a segment
//   of segment_size
void use_large_pages(segment* s) noexcept;

// returns: a segment with room for exactly `bytes` bytes (a multiple of 16) of blocks; null as above
segment* map_segment_for(std::size_t bytes) noexcept;

void unmap_segment(segment* s) noexcept;

// Memory of free blocks holds the links between them. It is forbidden to everybody else.
using link_word __attribute__((may_alias)) = std::uintptr_t;

MALLOCSPY_LOOKS_ANYWHERE inline std::uintptr_t peek(std::uintptr_t address) noexcept {
  return *reinterpret_cast<const link_word*>(address);
}
MALLOCSPY_LOOKS_ANYWHERE inline void poke(std::uintptr_t address, std::uintptr_t value) noexcept {
  *reinterpret_cast<link_word*>(address) = value;
}

// effects: the bytes of the block may be touched, those of its last granule behind it may not
inline void allow_block(std::uintptr_t address, std::size_t size, std::size_t granules) noexcept {
  blocks::sanitizer::memory_is_fresh(reinterpret_cast<void*>(address), size);
  blocks::sanitizer::forbid(reinterpret_cast<void*>(address + size), granules * granule_size - size);
}
inline void forbid_granules(std::uintptr_t address, std::size_t granules) noexcept {
  blocks::sanitizer::forbid(reinterpret_cast<void*>(address), granules * granule_size);
}

// effects: says that a live block of `size` bytes starts here
inline void write_block(const segment& s, std::uintptr_t address, std::size_t size, std::size_t granules) noexcept {
  allow_block(address, size, granules);
  map_byte* first = s.byte_of(address);
  first->store(blocks::write_size(first, size, blocks::marks::none), std::memory_order_relaxed);
}

// returns: the requested size of the live block that starts here; blocks::no_size if none does
inline std::size_t read_block(const segment& s, std::uintptr_t address) noexcept {
  if (address % granule_size != 0) {
    return blocks::no_size;
  }
  const map_byte* first = s.byte_of(address);
  return blocks::read_size(first, first->load(std::memory_order_relaxed));
}

// returns: where the next block, kept block or free chunk behind the one at `address` starts; the segment's end if none
//   does
std::uintptr_t next_boundary(const segment& s, std::uintptr_t address) noexcept;

// returns: where the block or chunk that an address lies in starts; the address itself if it is a start
std::uintptr_t boundary_around(const segment& s, std::uintptr_t address) noexcept;

} // namespace mallocspy::heap
