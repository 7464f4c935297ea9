// SPDX-License-Identifier: MIT
// An entry of the leaf table is the leaf's address minus the number of its first granule, and 0 means no leaf. A leaf that
// the system puts at the very address where this difference is 0 must not be taken. This program decides where: its mmap is
// the one that the library calls.
#include "blocks/block_map.hpp"

#include "support/catch.hpp"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace mallocspy::blocks;

namespace {

void* next_mapping = nullptr; // where the next mapping of a leaf goes; null: wherever the system likes
int placed = 0;

} // namespace

extern "C" void* mmap(void* address, std::size_t length, int protection, int flags, int file, off_t offset) noexcept {
  if (next_mapping != nullptr && length == leaf_size) {
    address = next_mapping;
    next_mapping = nullptr;
    flags |= MAP_FIXED_NOREPLACE;
    ++placed;
  }
  return reinterpret_cast<void*>(::syscall(SYS_mmap, address, length, protection, flags, file, offset));
}

TEST_CASE("a leaf at the address that cancels its entry is not taken", "[blocks][block_map]") {
  for (std::uintptr_t index = 1000; index < 1008; ++index) {
    CAPTURE(index);
    const void* p = reinterpret_cast<const void*>((index << leaf_bits) + 53 * granule_size);
    next_mapping = reinterpret_cast<void*>(index << (leaf_bits - granule_bits));
    REQUIRE(find_byte(p) == nullptr);
    map_byte* byte = make_byte(p);
    REQUIRE(byte != nullptr);
    CHECK(find_byte(p) == byte);
    publish(byte, 119, marks::none);
    CHECK(read_size(find_byte(p), find_byte(p)->load()) == 119);
    CHECK(claim(byte, byte->load()));
  }
  CHECK(placed == 8);
}
