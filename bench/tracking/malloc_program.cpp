// SPDX-License-Identifier: MIT
// The same on malloc, for tools that know nothing else: bench_tracked_malloc PROGRAM TIMES
#include "subjects/malloc_family.hpp"
#include "tracking/programs.hpp"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: bench_tracked_malloc PROGRAM TIMES\n");
    return 2;
  }
  return mallocspy::bench::time_program<mallocspy::bench::malloc_family>(argv[1], std::atoi(argv[2]));
}
