// SPDX-License-Identifier: MIT
// The ways of a private heap beyond its lists of kept blocks.
#include "heap/private_heap.hpp"

#include "blocks/table_memory.hpp"
#include "blocks/zeroing.hpp"

#include <cstring>

namespace mallocspy::heap {

namespace {

constexpr std::size_t page = 4096;
constexpr std::size_t largest_block = PTRDIFF_MAX - 2 * segment_size;

// A fixed heap counts this as its own, out of its maximum.
constexpr std::size_t fixed_charge = sizeof(void*) == 8 ? 2048 : 1536;

// What is cut from a chunk at once for the lists of kept blocks.
constexpr std::size_t most_blocks_at_once = 16;
constexpr std::size_t most_granules_at_once = 128;

} // namespace

bool private_heap::open(DWORD wanted, std::size_t maximum) noexcept {
  options = wanted;
  compatibility = 0;
  m_maximum = maximum;
  if (maximum == 0) {
    m_segment_mask = ~(std::uintptr_t{segment_size} - 1);
    m_fixed = 0;
    return true;
  }
  segment* s = map_segment_for(maximum - fixed_charge);
  if (s == nullptr) {
    return false;
  }
  m_segment_mask = 0;
  m_fixed = reinterpret_cast<std::uintptr_t>(s);
  m_spare = s;
  m_regions.insert({m_fixed, s->mapped, region::is_segment});
  m_free.put(*s, {s->begin, s->granules()});
  return true;
}

void private_heap::close() noexcept {
  m_regions.for_each([](const region& r) {
    if (r.size == region::is_segment) {
      unmap_segment(reinterpret_cast<segment*>(r.address));
    } else {
      blocks::sanitizer::memory_is_fresh(reinterpret_cast<void*>(r.address), r.mapped);
      blocks::unmap_table(reinterpret_cast<void*>(r.address), r.mapped);
    }
  });
  m_regions.clear();
  m_free = free_chunks();
  std::memset(m_kept, 0, sizeof m_kept);
  m_spare = nullptr;
  m_segments = 0;
  m_recent = segment{};
  m_fixed = 0;
}

bool private_heap::look_up(segment* s, std::uintptr_t address) const noexcept {
  const region* r = s == nullptr ? nullptr : m_regions.find(reinterpret_cast<std::uintptr_t>(s));
  if (r == nullptr || r->size != region::is_segment) {
    return false;
  }
  m_recent = *s;
  return s->contains(address);
}

void* private_heap::allocate_slowly(std::size_t size) noexcept {
  if (m_maximum != 0 ? size >= fixed_limit : size >= first_region) {
    return m_maximum != 0 ? nullptr : allocate_region(size);
  }
  const std::size_t granules = granules_for(size);
  std::uintptr_t address = 0;
  if (size <= largest_kept) {
    address = refill(granules);
  } else {
    const chunk c = take_or_grow(granules);
    address = c.address;
    if (address != 0) {
      put_rest(*segment_of(address), c, granules);
    }
  }
  if (address == 0) {
    return nullptr;
  }
  write_block(*segment_of(address), address, size, granules);
  return reinterpret_cast<void*>(address);
}

// returns: room for one block; where there is more at hand, blocks of that size for the next requests are kept
std::uintptr_t private_heap::refill(std::size_t granules) noexcept {
  std::size_t count = most_granules_at_once / granules;
  count = count == 0 ? 1 : count > most_blocks_at_once ? most_blocks_at_once : count;
  chunk c = take(m_free.find(granules * count));
  if (c.address == 0) {
    c = take_or_grow(granules);
  }
  if (c.address == 0) {
    return 0;
  }
  count = c.granules / granules < count ? c.granules / granules : count;
  segment& s = *segment_of(c.address);
  put_rest(s, c, count * granules);
  while (--count != 0) {
    const std::uintptr_t spare = c.address + count * granules * granule_size;
    keep(s.byte_of(spare), spare, granules);
  }
  return c.address;
}

bool private_heap::release_slowly(std::uintptr_t address) noexcept {
  if (segment* s = find_segment(address)) {
    const std::size_t size = read_block(*s, address);
    if (size <= largest_kept) {
      keep(s->byte_of(address), address, granules_for(size));
    } else if (size != blocks::no_size) {
      s->byte_of(address)->store(0, std::memory_order_relaxed);
      give(*s, {address, granules_for(size)});
    }
    return size != blocks::no_size;
  }
  region* r = address == 0 ? nullptr : m_regions.find(address);
  if (r == nullptr || r->size == region::is_segment) {
    return false;
  }
  const std::size_t mapped = r->mapped;
  m_regions.erase(r);
  blocks::sanitizer::memory_is_fresh(reinterpret_cast<void*>(address), mapped);
  blocks::unmap_table(reinterpret_cast<void*>(address), mapped);
  return true;
}

void* private_heap::allocate_region(std::size_t size) noexcept {
  if (size > largest_block || !m_regions.reserve()) {
    return nullptr;
  }
  const std::size_t mapped = (size + page - 1) / page * page;
  void* p = blocks::map_table(mapped);
  if (p != nullptr) {
    m_regions.insert({reinterpret_cast<std::uintptr_t>(p), mapped, size});
    blocks::sanitizer::forbid(static_cast<char*>(p) + size, mapped - size);
  }
  return p;
}

void* private_heap::resize(void* p, std::size_t present, std::size_t size, bool in_place_only) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  if (size > largest_block || (m_maximum != 0 && size >= fixed_limit)) {
    return nullptr;
  }
  segment* s = find_segment(address);
  if (s == nullptr) {
    return resize_region(*m_regions.find(address), size, in_place_only);
  }
  const std::size_t had = granules_for(present);
  const std::size_t wanted = granules_for(size);
  if (wanted > had && !extend(*s, address, had, wanted)) {
    void* moved = in_place_only ? nullptr : move(p, present, size);
    // A kept block may have been in the way, and no longer be.
    const bool stays = moved == nullptr && (!in_place_only || give_kept()) && extend(*s, address, had, wanted);
    if (!stays) {
      return moved;
    }
  }
  write_block(*s, address, size, wanted);
  if (wanted < had) {
    give(*s, {address + wanted * granule_size, had - wanted});
  }
  return p;
}

void* private_heap::resize_region(region& r, std::size_t size, bool in_place_only) noexcept {
  auto* p = reinterpret_cast<char*>(r.address);
  if (size > r.mapped) {
    return in_place_only ? nullptr : move(p, r.size, size);
  }
  blocks::sanitizer::memory_is_fresh(p, r.mapped);
  const std::size_t used = (size + page - 1) / page * page;
  if (size < r.size && r.mapped - used >= page) {
    blocks::zero_by_pages(p + used, r.mapped - used); // back to the system; the addresses stay
  }
  blocks::sanitizer::forbid(p + size, r.mapped - size);
  r.size = size;
  return p;
}

void* private_heap::move(void* p, std::size_t present, std::size_t size) noexcept {
  void* fresh = allocate(size);
  if (fresh != nullptr) {
    std::memcpy(fresh, p, present < size ? present : size);
    release(p);
  }
  return fresh;
}

// effects: makes a block larger, out of a free chunk behind it. returns: false if there is none that is large enough
bool private_heap::extend(segment& s, std::uintptr_t address, std::size_t present, std::size_t wanted) noexcept {
  const chunk behind = free_chunks::at(s, address + present * granule_size);
  if (behind.address == 0 || present + behind.granules < wanted) {
    return false;
  }
  m_free.take(s, behind);
  put_rest(s, behind, wanted - present);
  return true;
}

std::size_t private_heap::size_of(const void* p) const noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  if (const segment* s = find_segment(address)) {
    return read_block(*s, address);
  }
  const region* r = address == 0 ? nullptr : m_regions.find(address);
  return r == nullptr || r->size == region::is_segment ? blocks::no_size : r->size;
}

misuse private_heap::describe(const void* p, const char* operation) const noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  const auto interior = [&](std::uintptr_t start, std::size_t size) {
    return misuse{misuse_kind::interior, operation, p, reinterpret_cast<const void*>(start), address - start, size};
  };
  if (const segment* s = find_segment(address)) {
    const std::uintptr_t start = boundary_around(*s, address);
    const std::size_t size = read_block(*s, start);
    if (size != blocks::no_size && address - start < size) {
      return interior(start, size);
    }
    // A freed block that was put together with others is not remembered.
    if (start == address && size == blocks::no_size && address < s->used_end) {
      return {misuse_kind::freed_before, operation, p, nullptr, 0, 0};
    }
    return {misuse_kind::not_a_block, operation, p, nullptr, 0, 0};
  }
  misuse found{misuse_kind::not_a_block, operation, p, nullptr, 0, 0};
  m_regions.for_each([&](const region& r) {
    if (r.size != region::is_segment && address - r.address < r.size) {
      found = interior(r.address, r.size);
    }
  });
  return found;
}

} // namespace mallocspy::heap
