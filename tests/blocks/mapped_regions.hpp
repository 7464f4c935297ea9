// SPDX-License-Identifier: MIT
// The address space of this process, from /proc/self/maps.
#pragma once

#include <cstdint>
#include <cstdio>
#include <vector>

namespace mallocspy::tests {

struct mapped_region {
  std::uintptr_t begin;
  std::uintptr_t end;
};

inline std::vector<mapped_region> mapped_regions() {
  std::vector<mapped_region> regions;
  std::FILE* maps = std::fopen("/proc/self/maps", "r");
  if (maps == nullptr) {
    return regions;
  }
  char line[512];
  while (std::fgets(line, sizeof line, maps) != nullptr) {
    unsigned long long begin = 0;
    unsigned long long end = 0;
    if (std::sscanf(line, "%llx-%llx ", &begin, &end) == 2) {
      regions.push_back({static_cast<std::uintptr_t>(begin), static_cast<std::uintptr_t>(end)});
    }
  }
  std::fclose(maps);
  return regions;
}

} // namespace mallocspy::tests
