// SPDX-License-Identifier: MIT
// bench_swept_program MILLISECONDS RESIDENT stops|tolerates STEPS: a program for mallocspy_bench_command. Knows nothing of
// this library.
#include "sweep/work.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

int main(int argc, char** argv) {
  if (argc != 5) {
    return 2;
  }
  mallocspy::bench::become_resident(std::strtoull(argv[2], nullptr, 10) << 20);
  const bool stops = std::strcmp(argv[3], "stops") == 0;
  const int milliseconds = std::max(std::atoi(argv[1]), 0);
  const std::uint64_t steps = std::strtoull(argv[4], nullptr, 10) * static_cast<unsigned long long>(milliseconds);
  const bool good = mallocspy::bench::work(
      steps, mallocspy::bench::points_of(milliseconds), stops, [](std::size_t size) { return std::malloc(size); },
      [](void* block) { std::free(block); });
  return good || !stops ? 0 : 1;
}
