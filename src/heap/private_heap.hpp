// SPDX-License-Identifier: MIT
// A private heap. It owns its memory: segments, and for large blocks regions of their own (a fixed heap is one segment).
// Freed blocks of up to 4 KiB are kept in a list for each size, from which the next one is taken; all others, and the kept
// ones when there is need, become free chunks, put together with their neighbours.
//
// It does not lock itself: heap_use (handles.hpp) does, where the caller wants it.
#pragma once

#include "blocks/hints.hpp"
#include "blocks/owned_gate.hpp"
#include "heap/free_chunks.hpp"
#include "heap/region_table.hpp"
#include "heap/segment.hpp"

#include <atomic>
#include <mallocspy/blocks/misuse.hpp>
#include <mallocspy/contract/types.hpp>

namespace mallocspy::heap {

class private_heap {
  // From here on a growable heap maps a block by itself.
  static constexpr std::size_t first_region = std::size_t{512} << 10;
  // A fixed heap has no larger blocks, however large it is.
  static constexpr std::size_t fixed_limit = sizeof(void*) == 8 ? 0xFF000 : 0x7F000;
  static constexpr std::size_t segments_of_small_pages = 2;
  static constexpr std::size_t largest_kept = 4096;
  static constexpr std::size_t kept_lists = largest_kept / granule_size + 1;

public:
  // What every call reads comes first.
  std::atomic<std::uintptr_t> handle{0}; // 0: no heap (any more)
  DWORD options = 0;

private:
  // What turns an address into that of its segment: a mask where segments are aligned, the only segment where it is fixed.
  std::uintptr_t m_segment_mask = 0;
  std::uintptr_t m_fixed = 0;
  mutable segment m_recent{}; // a copy of the segment that was looked for last, where addresses are compared
  std::uintptr_t m_kept[kept_lists] = {};

public:
  // effects: makes this an empty heap, for its handle. maximum: 0, or the bytes of a fixed one, a multiple of a page
  // returns: false without memory for that
  bool open(DWORD options, std::size_t maximum) noexcept;

  // effects: gives all memory back. Afterwards it may be opened again
  void close() noexcept;

  // returns: a block; null without memory or room
  void* allocate(std::size_t size) noexcept {
    void* block = allocate_kept(size);
    return MALLOCSPY_LIKELY(block != nullptr) ? block : allocate_slowly(size);
  }

  // returns: a block, where one of its size was kept; else null, and nothing has happened
  MALLOCSPY_INLINE void* allocate_kept(std::size_t size) noexcept {
    if (MALLOCSPY_UNLIKELY(size > largest_kept)) {
      return nullptr;
    }
    const std::size_t granules = granules_for(size);
    const std::uintptr_t address = m_kept[granules];
    if (MALLOCSPY_LIKELY(address != 0)) {
      m_kept[granules] = peek(address);
      write_block(*segment_of(address), address, size, granules);
    }
    return reinterpret_cast<void*>(address);
  }

  // returns: whether a fresh block of this size is zeroed, straight from the system
  bool comes_zeroed(std::size_t size) const noexcept {
    return size >= first_region && m_maximum == 0;
  }

  // effects: frees the block at p. returns: false if there is none, and nothing has changed
  bool release(void* p) noexcept {
    return release_short(p) || release_slowly(reinterpret_cast<std::uintptr_t>(p));
  }

  // effects: the same, where it takes the fewest steps: a block that is kept, in the segment that was looked for last
  // returns: whether it was that; else nothing has happened
  MALLOCSPY_INLINE bool release_short(void* p) noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(p);
    if (MALLOCSPY_UNLIKELY(!m_recent.contains(address) || address % granule_size != 0)) {
      return false;
    }
    map_byte* first = m_recent.byte_of(address);
    const std::size_t size = blocks::read_size_below_giant(first, first->load(std::memory_order_relaxed));
    if (MALLOCSPY_UNLIKELY(size > largest_kept)) {
      return false;
    }
    keep(first, address, granules_for(size));
    return true;
  }

  // effects: resizes the live block at p, whose size is `present`
  // returns: the block; null without memory or room, or where it would have to move and must not
  void* resize(void* p, std::size_t present, std::size_t size, bool in_place_only) noexcept;

  // returns: the requested size of the live block at p; blocks::no_size if there is none
  std::size_t size_of(const void* p) const noexcept;

  // returns: what a pointer is that is no live block, for the misuse handler
  misuse describe(const void* p, const char* operation) const noexcept;

  // effects: puts free memory together and gives back what can be given back. returns: the largest free chunk, in bytes
  std::size_t compact() noexcept;

  // returns: whether the heap's records are whole
  bool is_sound() noexcept;

  // returns: the segment in which the address is one of a block or of free memory; null if there is none
  segment* find_segment(std::uintptr_t address) const noexcept {
    segment* s = segment_of(address);
    return m_recent.contains(address) || look_up(s, address) ? s : nullptr;
  }

  region_table& regions() const noexcept {
    return m_regions;
  }
  std::size_t maximum() const noexcept {
    return m_maximum;
  }

  // The rest of what belongs to the handle: see handles.hpp.
  ULONG compatibility = 0;
  blocks::owned_gate gate;
  std::uintptr_t last_handle = 0;
  private_heap* next = nullptr;
  private_heap* before = nullptr;

private:
  // returns: the segment of an address that is known to be the heap's own
  segment* segment_of(std::uintptr_t address) const noexcept {
    return reinterpret_cast<segment*>((address & m_segment_mask) | m_fixed);
  }
  // returns: whether this is a segment of the heap, and the address in it, which is then the one that was looked for last
  bool look_up(segment* s, std::uintptr_t address) const noexcept;

  void keep(map_byte* first, std::uintptr_t address, std::size_t granules) noexcept {
    first->store(kept_block, std::memory_order_relaxed);
    poke(address, m_kept[granules]);
    m_kept[granules] = address;
    forbid_granules(address, granules);
  }

  MALLOCSPY_OUT_OF_LINE void* allocate_slowly(std::size_t size) noexcept;
  MALLOCSPY_OUT_OF_LINE bool release_slowly(std::uintptr_t address) noexcept;
  std::uintptr_t refill(std::size_t granules) noexcept;
  void* allocate_region(std::size_t size) noexcept;
  void* resize_region(region& r, std::size_t size, bool in_place_only) noexcept;
  void* move(void* p, std::size_t present, std::size_t size) noexcept;
  bool extend(segment& s, std::uintptr_t address, std::size_t present, std::size_t wanted) noexcept;

  chunk take(chunk found) noexcept;
  chunk take_or_grow(std::size_t granules) noexcept;
  void put_rest(segment& s, chunk from, std::size_t used) noexcept;
  void give(segment& s, chunk c) noexcept;
  bool give_kept() noexcept;
  bool add_segment() noexcept;
  void drop_segment(segment* s) noexcept;
  std::size_t count_chunks() const noexcept;
  std::size_t count_kept(std::size_t most) const noexcept;

  std::size_t m_maximum = 0;
  std::size_t m_segments = 0; // of a growable heap
  segment* m_spare = nullptr; // one segment that is all free stays
  mutable region_table m_regions;
  free_chunks m_free;
};

} // namespace mallocspy::heap
