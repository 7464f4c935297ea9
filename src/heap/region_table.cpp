// SPDX-License-Identifier: MIT
#include "heap/region_table.hpp"

#include "blocks/table_memory.hpp"

namespace mallocspy::heap {

bool region_table::reserve() noexcept {
  return (m_count + 1) * 4 <= (m_mask + 1) * 3 || grow(); // a quarter stays empty, so that searches end
}

bool region_table::grow() noexcept {
  constexpr std::size_t first_mapped = 128;
  const std::size_t places = m_places == m_built_in ? first_mapped : 2 * (m_mask + 1);
  auto* fresh = static_cast<region*>(blocks::map_table(places * sizeof(region)));
  if (fresh == nullptr) {
    return false;
  }
  region* old = m_places;
  const std::size_t old_places = m_mask + 1;
  m_places = fresh;
  m_mask = places - 1;
  m_count = 0;
  for (std::size_t i = 0; i < old_places; ++i) {
    if (old[i].address != 0) {
      insert(old[i]);
    }
  }
  if (old != m_built_in) {
    blocks::unmap_table(old, old_places * sizeof(region));
  }
  return true;
}

void region_table::insert(region r) noexcept {
  std::size_t i = place_of(r.address);
  while (m_places[i].address != 0) {
    i = (i + 1) & m_mask;
  }
  m_places[i] = r;
  ++m_count;
}

void region_table::erase(region* r) noexcept {
  auto hole = static_cast<std::size_t>(r - m_places);
  // Regions behind the hole that would not be found past it move up.
  for (std::size_t i = (hole + 1) & m_mask; m_places[i].address != 0; i = (i + 1) & m_mask) {
    const std::size_t wanted = place_of(m_places[i].address);
    if (((i - wanted) & m_mask) >= ((i - hole) & m_mask)) {
      m_places[hole] = m_places[i];
      hole = i;
    }
  }
  m_places[hole] = {};
  --m_count;
}

void region_table::clear() noexcept {
  if (m_places != m_built_in) {
    blocks::unmap_table(m_places, (m_mask + 1) * sizeof(region));
  }
  m_places = m_built_in;
  m_mask = built_in - 1;
  m_count = 0;
  for (region& r : m_built_in) {
    r = {};
  }
}

region* region_table::next(std::uintptr_t from, bool segments) noexcept {
  region* best = nullptr;
  for_each([&](region& r) {
    const bool wanted = r.address >= from && (r.size == region::is_segment) == segments;
    if (wanted && (best == nullptr || r.address < best->address)) {
      best = &r;
    }
  });
  return best;
}

} // namespace mallocspy::heap
