// SPDX-License-Identifier: MIT
#include "heap/segment.hpp"

#include "blocks/table_memory.hpp"

#include <cerrno>
#include <sys/mman.h>

namespace mallocspy::heap {

namespace {

constexpr std::size_t header = 64;
// A size is read from the byte behind the first one too, and large ones word by word.
constexpr std::size_t bytes_behind = 16;

static_assert(sizeof(segment) <= header);

constexpr std::size_t round_up(std::size_t value, std::size_t unit) noexcept {
  return (value + unit - 1) / unit * unit;
}

segment* lay_out(void* memory, std::size_t mapped, std::size_t granules) noexcept {
  const auto base = reinterpret_cast<std::uintptr_t>(memory);
  auto* s = static_cast<segment*>(memory);
  s->begin = base + header + round_up(granules + bytes_behind, granule_size);
  s->end = s->begin + granules * granule_size;
  s->extent = granules * granule_size;
  s->bytes = base + header - (s->begin >> granule_bits);
  s->mapped = mapped;
  s->used_end = s->begin;
  forbid_granules(s->begin, granules);
  return s;
}

bool is_aligned(const void* p) noexcept {
  return reinterpret_cast<std::uintptr_t>(p) % segment_size == 0;
}

// returns: segment_size bytes, aligned to that
void* map_aligned() noexcept {
  void* memory = blocks::map_table(segment_size);
  if (memory == nullptr || is_aligned(memory)) {
    return memory; // the system puts one mapping beside the other, so most of them are
  }
  blocks::unmap_table(memory, segment_size);
  auto* twice = static_cast<char*>(blocks::map_table(2 * segment_size));
  if (twice == nullptr) {
    return nullptr;
  }
  const std::size_t ahead = (segment_size - reinterpret_cast<std::uintptr_t>(twice) % segment_size) % segment_size;
  if (ahead != 0) {
    blocks::unmap_table(twice, ahead);
  }
  blocks::unmap_table(twice + ahead + segment_size, segment_size - ahead);
  return twice + ahead;
}

bool is_boundary(std::uint8_t value) noexcept {
  return value >= first_boundary && value != last_of_chunk;
}

} // namespace

segment* map_segment() noexcept {
  void* memory = map_aligned();
  constexpr std::size_t granules = (segment_size - header - bytes_behind - granule_size) / (granule_size + 1);
  return memory == nullptr ? nullptr : lay_out(memory, segment_size, granules);
}

segment* map_segment_for(std::size_t bytes) noexcept {
  const std::size_t granules = bytes / granule_size;
  const std::size_t mapped = header + round_up(granules + bytes_behind, granule_size) + bytes;
  void* memory = mapped < bytes ? nullptr : blocks::map_table(mapped);
  return memory == nullptr ? nullptr : lay_out(memory, mapped, granules);
}

void use_large_pages(segment* s) noexcept {
#if defined(MADV_HUGEPAGE)
  const int kept = errno;
  ::madvise(s, s->mapped, MADV_HUGEPAGE);
  errno = kept;
#else
  static_cast<void>(s);
#endif
}

void unmap_segment(segment* s) noexcept {
  const std::size_t mapped = s->mapped;
  blocks::sanitizer::memory_is_fresh(s, mapped); // for whoever gets these addresses next
  blocks::unmap_table(s, mapped);
}

std::uintptr_t next_boundary(const segment& s, std::uintptr_t address) noexcept {
  constexpr std::uint64_t word_of_boundaries = 0xE0E0E0E0E0E0E0E0U;
  for (std::uintptr_t at = address + granule_size; at < s.end;) {
    const map_byte* byte = s.byte_of(at);
    if (reinterpret_cast<std::uintptr_t>(byte) % 8 == 0 && s.end - at >= 8 * granule_size) {
      const auto* word = reinterpret_cast<const blocks::detail::map_word*>(byte);
      if ((word->load(std::memory_order_relaxed) & word_of_boundaries) == 0) {
        at += 8 * granule_size;
        continue;
      }
    }
    if (is_boundary(byte->load(std::memory_order_relaxed))) {
      return at;
    }
    at += granule_size;
  }
  return s.end;
}

std::uintptr_t boundary_around(const segment& s, std::uintptr_t address) noexcept {
  std::uintptr_t at = address - address % granule_size;
  while (at > s.begin && !is_boundary(s.byte_of(at)->load(std::memory_order_relaxed))) {
    at -= granule_size;
  }
  return at;
}

} // namespace mallocspy::heap
