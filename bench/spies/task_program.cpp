// SPDX-License-Identifier: MIT
// A program on the task allocator under a spy: bench_spied_task PROGRAM TIMES [SPY]
#include "spies/spy_list.hpp"
#include "subjects/task_memory.hpp"
#include "tracking/programs.hpp"

int main(int argc, char** argv) {
  using namespace mallocspy;
  if (argc < 3) {
    std::fprintf(stderr, "usage: bench_spied_task PROGRAM TIMES [SPY]\n");
    return 2;
  }
  bench::spy_stack spies;
  if (argc > 3) {
    spies = bench::make_spies(argv[3]);
    if (spies.empty() || CoRegisterMallocSpy(spies.back().get()) != S_OK) {
      std::fprintf(stderr, "bench: there is no spy %s\n", argv[3]);
      return 2;
    }
  }
  const int status = bench::time_program<bench::task_memory>(argv[1], std::atoi(argv[2]));
  const bool revoked = spies.empty() || CoRevokeMallocSpy() == S_OK;
  while (!spies.empty()) {
    spies.pop_back(); // a chain goes before its spies
  }
  return revoked ? status : 2;
}
