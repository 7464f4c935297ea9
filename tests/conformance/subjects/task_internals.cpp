// SPDX-License-Identifier: MIT
#include "conformance/subjects/task_internals.hpp"

#if defined(MALLOCSPY_CONFORMANCE_REACHES_INTERNALS)

#include "blocks/block_map.hpp"
#include "blocks/table_memory.hpp"

namespace conformance::task_internals {

namespace {

// Read plainly and unseen by ThreadSanitizer, whose memory of 64 MiB of map would be a multiple of that: no other thread
// allocates meanwhile.
#if defined(__clang__)
__attribute__((no_sanitize("thread")))
#endif
std::size_t
starts_in(std::uintptr_t leaf, std::size_t index) {
  constexpr std::uint64_t starts = 0x8080808080808080U;
  const std::uintptr_t first = leaf + (index << (mallocspy::blocks::leaf_bits - mallocspy::blocks::granule_bits));
  const auto* words = reinterpret_cast<const volatile std::uint64_t*>(first);
  std::size_t count = 0;
  for (std::size_t i = 0; i < mallocspy::blocks::leaf_size / sizeof(std::uint64_t); ++i) {
    const std::uint64_t found = words[i] & starts;
    count += found == 0 ? 0 : static_cast<std::size_t>(__builtin_popcountll(found)); // almost all are empty
  }
  return count;
}

} // namespace

// The heap walk: every granule of the block map at which a live block starts.
std::size_t live_blocks() {
  std::size_t count = 0;
  for (std::size_t i = 0; i < mallocspy::blocks::leaf_count; ++i) {
    const std::uintptr_t leaf = mallocspy::blocks::leaf_table[i].load(std::memory_order_acquire);
    count += leaf == 0 ? 0 : starts_in(leaf, i);
  }
  return count;
}

void limit_tables(bool on) {
  mallocspy::blocks::limit_tables(on ? 0 : static_cast<std::size_t>(-1));
}

} // namespace conformance::task_internals

#else

#include <stdexcept>

namespace conformance::task_internals {

std::size_t live_blocks() {
  throw std::logic_error("a shared libmallocspy cannot be walked");
}

void limit_tables(bool) {
  throw std::logic_error("a shared libmallocspy's tables cannot be limited");
}

} // namespace conformance::task_internals

#endif
