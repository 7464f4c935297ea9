// SPDX-License-Identifier: MIT
// The pointer values that no allocator wants to see, each kind as a function that gives them all to a prober. One list for
// the raw operations, for IMalloc and for the functions of C.
#pragma once

#include "blocks/build_kind.hpp"
#include "blocks/mapped_regions.hpp"
#include "blocks/pointer_prober.hpp"

#include <cstdlib>
#include <random>
#include <sys/mman.h>
#include <vector>

namespace mallocspy::tests {

// The heap's size classes, or finer: four to a doubling.
inline std::vector<std::size_t> size_classes(std::size_t up_to) {
  std::vector<std::size_t> sizes;
  for (std::size_t size = 8; size <= 128; size += 8) {
    sizes.push_back(size);
  }
  for (std::size_t doubling = 128; doubling < up_to; doubling *= 2) {
    for (std::size_t quarter = 5; quarter <= 8; ++quarter) {
      sizes.push_back(doubling / 4 * quarter);
    }
  }
  return sizes;
}

// Every byte offset of a block, from 16 before it to 16 behind the room that the heap has for its class. Large blocks get
// the two questions at every offset, and all four operations in strides.
template <class Door> void probe_around(pointer_prober<Door>& prober, std::uintptr_t start, std::size_t size) {
  const std::size_t every_offset_up_to = sanitized ? 4096 : 32768;
  const std::size_t room = size + size / 4 + 16;
  const std::uintptr_t from = start - 16;
  const std::uintptr_t to = start + room + 16;
  for (std::uintptr_t address = from; address <= to; ++address) {
    const std::uintptr_t from_end = address < start + size ? start + size - address : address - start - size;
    const bool near_an_end = address < start + 64 || from_end <= 64;
    if (size <= every_offset_up_to || near_an_end || (address - from) % 509 == 0) {
      prober.probe(address);
    } else {
      prober.ask(address);
    }
  }
}

template <class Door> void probe_live_and_freed_blocks(live_blocks<Door>& live, pointer_prober<Door>& prober) {
  const std::size_t largest = sanitized ? std::size_t{128} << 10 : std::size_t{1} << 20;
  for (const std::size_t size_class : size_classes(largest)) {
    // Exactly a class, and less, with slack behind the block.
    for (const std::size_t size : {size_class, size_class - 5}) {
      void* before = live.make(size);
      void* freed = live.make(size);
      void* after = live.make(size);
      probe_around(prober, reinterpret_cast<std::uintptr_t>(freed), size);
      live.drop(freed);
      prober.probe_freed(reinterpret_cast<std::uintptr_t>(freed));
      probe_around(prober, reinterpret_cast<std::uintptr_t>(freed), size);
      live.drop(before);
      live.drop(after);
    }
  }
}

// The map has one leaf for each GiB.
template <class Door> void probe_borders_of_leaves(pointer_prober<Door>& prober) {
  constexpr std::uintptr_t leaf = std::uintptr_t{1} << 30;
  std::uintptr_t done = 0;
  for (const mapped_region& region : mapped_regions()) {
    // At most three borders of each region: shadow memory has thousands.
    const std::uintptr_t first = region.begin / leaf;
    const std::uintptr_t last = region.end / leaf + 1;
    for (const std::uintptr_t border : {first, first + 1, last}) {
      if (border <= done) {
        continue;
      }
      done = border;
      for (std::uintptr_t distance = 0; distance <= 17; ++distance) {
        prober.probe(border * leaf - distance);
        prober.probe(border * leaf + distance);
      }
    }
  }
}

// Both ends of the address range, what lies between user space and the kernel's half, and values that are no address at
// all on today's processors; among them the addresses of live blocks with something written into their unused bits.
template <class Door> void probe_ends_and_non_canonical(const live_blocks<Door>& live, pointer_prober<Door>& prober) {
  constexpr std::uintptr_t top = ~std::uintptr_t{0};
  for (std::uintptr_t distance = 0; distance <= 33; ++distance) {
    prober.probe(distance);
    prober.probe(top - distance);
  }
  for (unsigned bit = 4; bit < 64; ++bit) {
    const std::uintptr_t power = std::uintptr_t{1} << bit;
    for (std::uintptr_t distance = 0; distance <= 17; ++distance) {
      prober.probe(power - distance);
      prober.probe(power + distance);
      prober.probe(top - power + distance);
    }
  }
  for (const std::uintptr_t filler :
       {0xDEADBEEFDEADBEEFU, 0xCDCDCDCDCDCDCDCDU, 0xFEEEFEEEFEEEFEEEU, 0xAAAAAAAAAAAAAAAAU, 0x5555555555555550U}) {
    prober.probe(filler);
    prober.probe(filler & ~std::uintptr_t{15});
  }
  std::size_t tagged = 0;
  for (const auto& [start, size] : live.sizes()) {
    for (unsigned bit = 47; bit < 64; ++bit) {
      prober.probe(start | (std::uintptr_t{1} << bit));
    }
    prober.probe(start | 0xFFFF000000000000U);
    // Rotated by a granule's bits: what the map's one comparison would confuse.
    prober.probe((start >> 4) | (start << 60));
    prober.probe((start << 4) | (start >> 60));
    if (++tagged == 100) {
      break;
    }
  }
}

// Memory of others: the stack, static data, code, the C library's heap, and mappings that may not even be read.
template <class Door> void probe_foreign_memory(pointer_prober<Door>& prober) {
  static int in_data[53];
  char on_stack[119] = {};
  std::vector<char> elsewhere(119);
  void* from_malloc = std::malloc(27);
  constexpr std::size_t page = 4096;
  void* forbidden = ::mmap(nullptr, 4 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  void* gone = ::mmap(nullptr, 4 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ::munmap(gone, 4 * page);
  const auto code = reinterpret_cast<std::uintptr_t>(&std::memcpy);
  for (std::uintptr_t offset = 0; offset < 119; ++offset) {
    prober.probe(reinterpret_cast<std::uintptr_t>(on_stack) + offset);
    prober.probe(reinterpret_cast<std::uintptr_t>(elsewhere.data()) + offset);
    prober.probe(reinterpret_cast<std::uintptr_t>(in_data) + offset);
    prober.probe(code + offset);
  }
  for (std::uintptr_t offset = 0; offset < 27; ++offset) {
    prober.probe(reinterpret_cast<std::uintptr_t>(from_malloc) + offset);
  }
  for (std::uintptr_t offset = 0; offset < 4 * page; offset += 1) {
    prober.probe(reinterpret_cast<std::uintptr_t>(forbidden) + offset);
    prober.probe(reinterpret_cast<std::uintptr_t>(gone) + offset);
  }
  ::munmap(forbidden, 4 * page);
  std::free(from_malloc);
}

// Random pointers into everything that is mapped, the allocator's own memory and tables included. Half of them are aligned.
template <class Door> void probe_random_pointers(pointer_prober<Door>& prober, int count) {
  const std::vector<mapped_region> regions = mapped_regions();
  std::mt19937_64 random(20240527);
  for (int i = 0; i < count; ++i) {
    const mapped_region& region = regions[random() % regions.size()];
    const std::uintptr_t address = region.begin + random() % (region.end - region.begin);
    prober.probe((i & 1) != 0 ? address : address & ~std::uintptr_t{15});
  }
}

} // namespace mallocspy::tests
