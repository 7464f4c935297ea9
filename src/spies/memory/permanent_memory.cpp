// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "spies/memory/permanent_memory.hpp"

#include "blocks/table_memory.hpp"

#include <atomic>
#include <cstring>

namespace mallocspy::spies {

namespace {

constexpr std::size_t piece = 16;
constexpr std::size_t chunk_size = std::size_t{64} << 10;

struct chunk {
  std::atomic<std::size_t> used; // in bytes, this header included
};

std::atomic<chunk*> present{nullptr};

} // namespace

void* take_permanently(std::size_t size) noexcept {
  size = (size + piece - 1) & ~(piece - 1);
  if (size > chunk_size / 4) {
    return blocks::map_table(size);
  }
  for (;;) {
    chunk* c = present.load(std::memory_order_acquire);
    const std::size_t at = c == nullptr ? chunk_size : c->used.fetch_add(size, std::memory_order_relaxed);
    if (at + size <= chunk_size) {
      return reinterpret_cast<char*>(c) + at;
    }
    auto* fresh = static_cast<chunk*>(blocks::map_table(chunk_size));
    if (fresh == nullptr) {
      return nullptr;
    }
    fresh->used.store(piece, std::memory_order_relaxed);
    if (!present.compare_exchange_strong(c, fresh, std::memory_order_acq_rel)) {
      blocks::unmap_table(fresh, chunk_size); // another thread was faster
    }
  }
}

const char* copy_permanently(const char* text) noexcept {
  const std::size_t size = std::strlen(text) + 1;
  auto* copy = static_cast<char*>(take_permanently(size));
  return copy == nullptr ? nullptr : static_cast<const char*>(std::memcpy(copy, text, size));
}

} // namespace mallocspy::spies
