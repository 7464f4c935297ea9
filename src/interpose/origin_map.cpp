// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "interpose/origin_map.hpp"

#include "blocks/block_map.hpp"
#include "blocks/table_memory.hpp"

#include <atomic>

namespace mallocspy::interpose {

namespace {

using word = std::atomic<std::uint32_t>;

constexpr unsigned size_bits = 29;
constexpr std::size_t leaf_bytes = blocks::leaf_granules * sizeof(word);

std::atomic<word*> leaves[blocks::leaf_count];

word* find_word(const void* p) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  if (address % blocks::granule_size != 0 || (address >> blocks::address_bits) != 0) {
    return nullptr;
  }
  word* leaf = leaves[address >> blocks::leaf_bits].load(std::memory_order_acquire);
  return leaf == nullptr ? nullptr : leaf + ((address >> blocks::granule_bits) % blocks::leaf_granules);
}

void make_leaf(const void* p) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  if ((address >> blocks::address_bits) != 0) {
    return;
  }
  void* memory = blocks::map_table(leaf_bytes);
  word* none = nullptr;
  if (memory != nullptr &&
      !leaves[address >> blocks::leaf_bits].compare_exchange_strong(none, static_cast<word*>(memory))) {
    blocks::unmap_table(memory, leaf_bytes); // another thread was faster
  }
}

} // namespace

void remember_origin(const void* p, origin made_by, std::size_t size) noexcept {
  word* at = find_word(p);
  if (at == nullptr) {
    make_leaf(p);
    at = find_word(p);
  }
  if (at != nullptr) {
    const std::size_t kept = size < largest_known ? size : largest_known;
    at->store(static_cast<std::uint32_t>((static_cast<std::uint32_t>(made_by) << size_bits) | kept),
              std::memory_order_relaxed);
  }
}

remembered origin_of(const void* p) noexcept {
  const word* at = find_word(p);
  const std::uint32_t value = at == nullptr ? 0 : at->load(std::memory_order_relaxed);
  return {static_cast<origin>(value >> size_bits), value & largest_known};
}

} // namespace mallocspy::interpose
