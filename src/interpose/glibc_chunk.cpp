// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "interpose/glibc_chunk.hpp"

#if !defined(__APPLE__)

#include "spies/process/readable_range.hpp"

#include <cstddef>
#include <unistd.h>

namespace mallocspy::interpose {

namespace {

// In front of a block: the size of the chunk before it, or for a mapped block what lies between its pages' start and it;
// and its own size with three flags.
struct chunk_head {
  std::uintptr_t before;
  std::uintptr_t size_and_flags;
};
constexpr std::uintptr_t is_mapped = 2;
constexpr std::uintptr_t is_of_other_arena = 4;
constexpr std::uintptr_t flags = 7;
constexpr std::uintptr_t smallest_chunk = 32;

// An arena other than the main one consists of pieces that are aligned to their largest size, and begin so.
struct arena_piece {
  std::uintptr_t arena;
  std::uintptr_t previous;
  std::size_t size;
};
constexpr std::uintptr_t largest_piece = std::uintptr_t{64} << 20;

constexpr std::uintptr_t page = 4096; // or a part of one

bool lies_in_main_arena(std::uintptr_t begin, std::uintptr_t size) noexcept {
  const auto end = reinterpret_cast<std::uintptr_t>(::sbrk(0));
  // Its whole way up to the break is one piece of memory. The beginning is not known; the pages are.
  return begin < end && size <= end - begin && spies::page_is_readable(end - 1) &&
         end - begin < (std::uintptr_t{1} << 40) && spies::page_is_readable(begin + size - 1);
}

bool lies_in_other_arena(std::uintptr_t begin, std::uintptr_t size) noexcept {
  const std::uintptr_t start = begin & ~(largest_piece - 1);
  if (start == 0 || !spies::page_is_readable(start)) {
    return false;
  }
  const auto* piece = reinterpret_cast<const arena_piece*>(start);
  return piece->size <= largest_piece && piece->size % page == 0 && begin - start < piece->size &&
         size <= piece->size - (begin - start) && piece->arena % sizeof(void*) == 0 && piece->arena != 0 &&
         spies::page_is_readable(piece->arena);
}

bool is_mapped_alone(std::uintptr_t begin, const chunk_head& head) noexcept {
  const std::uintptr_t size = head.size_and_flags & ~flags;
  const std::uintptr_t start = begin - head.before;
  return head.before <= begin && start % page == 0 && (head.before + size) % page == 0 && head.before + size >= size &&
         spies::page_is_readable(start) && spies::page_is_readable(start + head.before + size - 1);
}

} // namespace

bool looks_like_a_chunk(std::uintptr_t address) noexcept {
  const std::uintptr_t begin = address - sizeof(chunk_head);
  const chunk_head head = *reinterpret_cast<const chunk_head*>(begin);
  const std::uintptr_t size = head.size_and_flags & ~flags;
  if (size < smallest_chunk || size % 16 != 0 || begin + size < begin) {
    return false;
  }
  if ((head.size_and_flags & is_mapped) != 0) {
    return is_mapped_alone(begin, head);
  }
  if ((head.size_and_flags & is_of_other_arena) != 0) {
    return lies_in_other_arena(begin, size);
  }
  return lies_in_main_arena(begin, size);
}

} // namespace mallocspy::interpose

#endif
