// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "blocks/table_memory.hpp"

#include "blocks/sanitizer_hints.hpp"

#include <atomic>
#include <sys/mman.h>

namespace mallocspy::blocks {

namespace {

constexpr std::size_t no_limit = static_cast<std::size_t>(-1);
std::atomic<std::size_t> remaining{no_limit};

bool take(std::size_t size) noexcept {
  std::size_t have = remaining.load(std::memory_order_relaxed);
  while (have != no_limit) {
    if (have < size) {
      return false;
    }
    if (remaining.compare_exchange_weak(have, have - size, std::memory_order_relaxed)) {
      return true;
    }
  }
  return true;
}

} // namespace

void* map_table(std::size_t size) noexcept {
  if (!take(size)) {
    return nullptr;
  }
  // NORESERVE: a leaf of the block map reserves 1/16 of a GiB and touches only what it needs.
  void* table = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (table == MAP_FAILED) {
    return nullptr;
  }
#if defined(MADV_NOHUGEPAGE)
  // One touched byte must not commit the map of 32 MiB of blocks at once.
  ::madvise(table, size, MADV_NOHUGEPAGE);
#endif
#if defined(MADV_DONTDUMP)
  // Core files stay small. It is also what tells a table from other memory, where memory is searched for pointers to
  // blocks.
  ::madvise(table, size, MADV_DONTDUMP);
#endif
  sanitizer::memory_is_fresh(table, size);
  return table;
}

void unmap_table(void* table, std::size_t size) noexcept {
  ::munmap(table, size);
}

std::size_t limit_tables(std::size_t bytes) noexcept {
  return remaining.exchange(bytes, std::memory_order_relaxed);
}

} // namespace mallocspy::blocks
