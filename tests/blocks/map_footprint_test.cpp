// SPDX-License-Identifier: MIT
// A leaf costs the pages that are written, no more: one for each 64 KiB of heap that blocks start in.
#include "blocks/block_map.hpp"

#include "blocks/raw_door.hpp"
#include "support/catch.hpp"

#include <cstdio>
#include <cstring>
#include <set>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

using namespace mallocspy;
using namespace mallocspy::blocks;
using namespace mallocspy::tests;

namespace {

constexpr std::uintptr_t gib = std::uintptr_t{1} << 30;

std::size_t page_size() {
  return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// returns: how many pages of the leaf for this address are in memory
std::size_t resident_pages_of_leaf(std::uintptr_t address) {
  map_byte* first = find_granule(address / gib * gib);
  if (first == nullptr) {
    return 0;
  }
  std::vector<unsigned char> pages(leaf_size / page_size() + 1);
  REQUIRE(::mincore(first, leaf_size, pages.data()) == 0);
  std::size_t resident = 0;
  for (const unsigned char page : pages) {
    resident += page & 1U;
  }
  return resident;
}

// returns: the VmFlags line of the mapping that holds p; empty if the kernel does not tell
std::string mapping_flags(const void* p) {
  std::FILE* maps = std::fopen("/proc/self/smaps", "r");
  if (maps == nullptr) {
    return "";
  }
  const auto address = reinterpret_cast<unsigned long long>(p);
  char line[512];
  bool here = false;
  std::string flags;
  while (std::fgets(line, sizeof line, maps) != nullptr) {
    unsigned long long begin = 0;
    unsigned long long end = 0;
    if (std::sscanf(line, "%llx-%llx ", &begin, &end) == 2) {
      here = begin <= address && address < end;
    } else if (here && std::strncmp(line, "VmFlags:", 8) == 0) {
      flags = line;
    }
  }
  std::fclose(maps);
  return flags;
}

} // namespace

TEST_CASE("one block in each of many leaves costs one page each", "[blocks][footprint]") {
  constexpr std::uintptr_t leaves = 64;
  void* reserved = ::mmap(nullptr, (leaves + 1) * gib, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  REQUIRE(reserved != MAP_FAILED);
  const std::uintptr_t begin = (reinterpret_cast<std::uintptr_t>(reserved) / gib + 1) * gib;
  for (std::uintptr_t leaf = 0; leaf < leaves; ++leaf) {
    CAPTURE(leaf);
    const std::uintptr_t address = begin + leaf * gib + (27 + leaf * 53) * 4096;
    map_byte* byte = make_byte(reinterpret_cast<const void*>(address));
    REQUIRE(byte != nullptr);
    publish(byte, 119, marks::none);
    CHECK(resident_pages_of_leaf(address) == 1);
    CHECK(claim(byte, byte->load()));
  }
  ::munmap(reserved, (leaves + 1) * gib);
}

TEST_CASE("live blocks commit the pages of the map that their starts lie in", "[blocks][footprint]") {
  std::vector<void*> blocks;
  for (int i = 0; i < 20011; ++i) {
    blocks.push_back(raw_door::alloc(27));
    REQUIRE(blocks.back() != nullptr);
  }
  std::set<std::uintptr_t> stretches; // of the heap, as much as one page of the map stands for
  std::set<std::uintptr_t> leaves;
  for (void* p : blocks) {
    const auto address = reinterpret_cast<std::uintptr_t>(p);
    stretches.insert(address / (granule_size * page_size()));
    leaves.insert(address / gib);
  }
  std::size_t resident = 0;
  for (const std::uintptr_t leaf : leaves) {
    resident += resident_pages_of_leaf(leaf * gib);
  }
  // A program of its own: these are the first blocks. Other tests' blocks of this program may have added a few stretches.
  CHECK(resident >= stretches.size());
  CHECK(resident <= stretches.size() + 16);
  for (void* p : blocks) {
    raw_door::free(p);
  }
}

TEST_CASE("a leaf is reserved without commit, and never becomes a huge page", "[blocks][footprint]") {
  void* p = raw_door::alloc(53);
  REQUIRE(p != nullptr);
  const std::string flags = mapping_flags(find_byte(p));
  CAPTURE(flags);
  if (!flags.empty()) {
    CHECK(flags.find(" nr") != std::string::npos);
  }
  if (::access("/sys/kernel/mm/transparent_hugepage/enabled", F_OK) == 0 && !flags.empty()) {
    CHECK(flags.find(" nh") != std::string::npos);
  }
  raw_door::free(p);
}
