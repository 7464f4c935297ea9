// SPDX-License-Identifier: MIT
// How a private heap comes by free chunks, and what becomes of them.
#include "heap/private_heap.hpp"

#include <sys/mman.h>

namespace mallocspy::heap {

// returns: the chunk, taken out
chunk private_heap::take(chunk found) noexcept {
  if (found.address != 0) {
    segment* s = segment_of(found.address);
    m_free.take(*s, found);
    m_spare = s == m_spare ? nullptr : m_spare;
  }
  return found;
}

// returns: a chunk of at least as many granules, taken out; none without memory or room
chunk private_heap::take_or_grow(std::size_t granules) noexcept {
  chunk found = m_free.find(granules);
  if (found.address == 0 && give_kept()) {
    found = m_free.find(granules);
  }
  if (found.address == 0 && m_maximum == 0 && add_segment()) {
    found = m_free.find(granules);
  }
  return take(found);
}

// effects: of a chunk that was taken out, the granules behind the first `used` ones are free again
void private_heap::put_rest(segment& s, chunk from, std::size_t used) noexcept {
  const std::uintptr_t behind = from.address + used * granule_size;
  if (behind > s.used_end) {
    s.used_end = behind;
  }
  if (used < from.granules) {
    m_free.put(s, {behind, from.granules - used});
  }
}

// effects: memory that held blocks becomes free; where nothing else is in its segment, the segment goes, unless it is the
//   only one of its kind
void private_heap::give(segment& s, chunk c) noexcept {
  forbid_granules(c.address, c.granules);
  const chunk merged = m_free.merge(s, c);
  if (merged.granules == s.granules()) {
    if (m_spare != nullptr && m_spare != &s) {
      drop_segment(&s);
      return;
    }
    m_spare = &s;
  }
  m_free.put(s, merged);
}

// effects: kept blocks become free chunks. returns: whether there was any
bool private_heap::give_kept() noexcept {
  bool any = false;
  for (std::size_t granules = 1; granules < kept_lists; ++granules) {
    while (m_kept[granules] != 0) {
      const std::uintptr_t address = m_kept[granules];
      segment* s = segment_of(address);
      m_kept[granules] = peek(address);
      s->byte_of(address)->store(0, std::memory_order_relaxed);
      give(*s, {address, granules});
      any = true;
    }
  }
  return any;
}

bool private_heap::add_segment() noexcept {
  segment* s = m_regions.reserve() ? map_segment() : nullptr;
  if (s == nullptr) {
    return false;
  }
  // A heap that has filled so many is going to fill this one too.
  if (++m_segments > segments_of_small_pages) {
    use_large_pages(s);
  }
  m_regions.insert({reinterpret_cast<std::uintptr_t>(s), s->mapped, region::is_segment});
  m_free.put(*s, {s->begin, s->granules()});
  return true;
}

void private_heap::drop_segment(segment* s) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(s);
  m_regions.erase(m_regions.find(address));
  m_recent = segment{};
  --m_segments;
  unmap_segment(s);
}

namespace {

// effects: gives the whole pages inside a free chunk back to the system, but those that hold what it says of itself
void discard_pages(chunk c) noexcept {
  constexpr std::uintptr_t page = 4096;
  const std::uintptr_t from = (c.address + 4 * sizeof(void*) + page - 1) & ~(page - 1);
  const std::uintptr_t to = (c.end() - sizeof(void*)) & ~(page - 1);
#if defined(MADV_DONTNEED)
  if (from < to) {
    ::madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);
  }
#endif
}

} // namespace

std::size_t private_heap::compact() noexcept {
  give_kept();
  if (m_spare != nullptr && m_maximum == 0) {
    m_free.take(*m_spare, {m_spare->begin, m_spare->granules()});
    drop_segment(m_spare);
    m_spare = nullptr;
  }
  for (std::size_t list = free_chunks::list_count; list-- != 0;) {
    for (std::uintptr_t at = m_free.first_of(list); at != 0; at = free_chunks::behind(at)) {
      const chunk c = free_chunks::at(*segment_of(at), at);
      if (c.address != 0) {
        discard_pages(c);
      }
    }
  }
  return m_free.largest().granules * granule_size;
}

} // namespace mallocspy::heap
