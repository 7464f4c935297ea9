// SPDX-License-Identifier: MIT
#include "testing/process/shared_mappings.hpp"

#include "support/catch.hpp"

#include <fstream>
#include <string>
#include <sys/mman.h>

using mallocspy::testing_detail::count_shared_mappings;

namespace {

// The same, by the file as a whole.
unsigned count_lines() {
  std::ifstream maps("/proc/self/maps");
  unsigned count = 0;
  for (std::string line; std::getline(maps, line);) {
    const std::string rights = line.substr(line.find(' ') + 1, 4);
    count += rights[1] == 'w' && rights[3] == 's' ? 1U : 0U;
  }
  return count;
}

} // namespace

TEST_CASE("mappings that are writable and shared are counted, whatever they were before") {
  const unsigned before = count_shared_mappings();
  CHECK(before == count_lines());
  void* own = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(count_shared_mappings() == before);
  void* shared = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(count_shared_mappings() == before);
  REQUIRE(::mprotect(shared, 4096, PROT_READ | PROT_WRITE) == 0);
  CHECK(count_shared_mappings() == before + 1);
  CHECK(count_lines() == before + 1);
  ::munmap(shared, 4096);
  ::munmap(own, 4096);
  CHECK(count_shared_mappings() == before);
}
