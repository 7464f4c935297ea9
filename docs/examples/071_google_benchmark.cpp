// SPDX-License-Identifier: MIT
// Allocations per iteration in the results of Google Benchmark.
#include <cstring>
#include <mallocspy/adapters/google_benchmark.hpp>
#include <mallocspy/mallocspy.hpp>
#include <mallocspy/spies.hpp>

static void copy_text(benchmark::State& state) {
  for (auto _ : state) { // NOLINT(clang-analyzer-deadcode.DeadStores): Google Benchmark's loop
    void* copy = mallocspy::CoTaskMemAlloc(53);
    std::memset(copy, 'x', 53);
    benchmark::DoNotOptimize(copy);
    mallocspy::CoTaskMemFree(copy);
  }
}
BENCHMARK(copy_text)->Iterations(1000);

int main() {
  mallocspy::statistics spy;
  const mallocspy::scoped_spy registration(&spy);
  mallocspy::allocation_memory_manager manager(spy);
  benchmark::RegisterMemoryManager(&manager);
  benchmark::JSONReporter json; // "allocs_per_iter": 1
  return benchmark::RunSpecifiedBenchmarks(&json) == 1 ? 0 : 1;
}
