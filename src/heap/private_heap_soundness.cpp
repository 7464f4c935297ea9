// SPDX-License-Identifier: MIT
// Whether a private heap's records are whole. Nothing is followed before the bytes beside its memory have confirmed it.
#include "heap/heap_elements.hpp"
#include "heap/private_heap.hpp"

namespace mallocspy::heap {

namespace {

constexpr std::size_t word = sizeof(std::uintptr_t);

bool says(const private_heap& heap, std::uintptr_t address, element_kind kind) noexcept {
  const segment* s = heap.find_segment(address);
  return s != nullptr && element_at(*s, address).kind == kind;
}

// returns: whether the links of a free chunk lead to free chunks
bool has_sound_links(const private_heap& heap, std::uintptr_t address) noexcept {
  const std::uintptr_t next = peek(address);
  const std::uintptr_t before = peek(address + word);
  return (next == 0 || (says(heap, next, element_kind::free) && peek(next + word) == address)) &&
         (before == 0 || (says(heap, before, element_kind::free) && peek(before) == address));
}

bool is_sound_element(const private_heap& heap, const segment& s, const element& e) noexcept {
  const std::size_t granules = (e.end - e.address) >> granule_bits;
  switch (e.kind) {
  case element_kind::live:
    return granules == granules_for(e.size);
  case element_kind::kept:
    return peek(e.address) == 0 || says(heap, peek(e.address), element_kind::kept);
  case element_kind::free:
    return has_sound_links(heap, e.address) &&
           (granules == 1 || (peek(e.address + 2 * word) == granules && peek(e.end - word) == granules &&
                              s.byte_of(e.end - granule_size)->load(std::memory_order_relaxed) == last_of_chunk));
  case element_kind::none:
    break;
  }
  return false;
}

} // namespace

std::size_t private_heap::count_chunks() const noexcept {
  std::size_t count = 0;
  for (std::size_t list = 0; list < free_chunks::list_count; ++list) {
    for (std::uintptr_t at = m_free.first_of(list); at != 0; at = free_chunks::behind(at)) {
      ++count;
    }
  }
  return count;
}

std::size_t private_heap::count_kept(std::size_t most) const noexcept {
  std::size_t count = 0;
  for (const std::uintptr_t first : m_kept) {
    for (std::uintptr_t at = first; at != 0 && count <= most; at = peek(at)) {
      ++count;
    }
  }
  return count;
}

bool private_heap::is_sound() noexcept {
  bool sound = true;
  std::size_t kept = 0;
  std::size_t chunks = 0;
  m_regions.for_each([&](const region& r) {
    if (r.size != region::is_segment) {
      sound = sound && r.size <= r.mapped;
      return;
    }
    const segment& s = *reinterpret_cast<const segment*>(r.address);
    sound = sound && for_each_element(s, [&](const element& e) {
              kept += e.kind == element_kind::kept ? 1 : 0;
              chunks += e.kind == element_kind::free ? 1 : 0;
              return is_sound_element(*this, s, e);
            });
  });
  // The links lead to what they should, so the lists can be followed. Chunks have a link back, and so no circles.
  return sound && chunks == count_chunks() && kept == count_kept(kept);
}

} // namespace mallocspy::heap
