// SPDX-License-Identifier: MIT
// Google Benchmark reports exactly the allocations of an iteration.
#include "support/catch.hpp"

#include <mallocspy/adapters/google_benchmark.hpp>
#include <mallocspy/mallocspy.hpp>
#include <mallocspy/spies.hpp>
#include <string>
#include <vector>

using namespace mallocspy;

namespace {

// Per iteration: three allocations of 53 + 61 + 67 bytes, one reallocation to 119; at most 53 + 67 + 119 are alive.
void known_counts(benchmark::State& state) {
  for (auto _ : state) {
    void* a = CoTaskMemAlloc(53);
    void* b = CoTaskMemAlloc(61);
    void* c = CoTaskMemAlloc(67);
    b = CoTaskMemRealloc(b, 119);
    CoTaskMemFree(a);
    CoTaskMemFree(b);
    CoTaskMemFree(c);
  }
}

void no_allocations(benchmark::State& state) {
  int n = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(++n);
  }
}

class collecting_reporter : public benchmark::BenchmarkReporter {
public:
  bool ReportContext(const Context&) override {
    return true;
  }
  void ReportRuns(const std::vector<Run>& report) override {
    for (const Run& run : report) {
      if (run.memory_result != nullptr) {
        results.push_back({run.allocs_per_iter, *run.memory_result});
      }
    }
  }
  struct result {
    double allocations_per_iteration;
    benchmark::MemoryManager::Result memory;
  };
  std::vector<result> results;
};

} // namespace

TEST_CASE("allocations per iteration are exact") {
  statistics spy;
  const scoped_spy registration(&spy);
  void* before = CoTaskMemAlloc(1009);
  allocation_memory_manager manager(spy);
  benchmark::RegisterMemoryManager(&manager);
  benchmark::RegisterBenchmark("known_counts", known_counts)->Iterations(1000);
  benchmark::RegisterBenchmark("no_allocations", no_allocations)->Iterations(1000);
  collecting_reporter reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  benchmark::RegisterMemoryManager(nullptr);
  CoTaskMemFree(before);

  REQUIRE(reporter.results.size() == 2);
  const collecting_reporter::result& known = reporter.results[0];
  CHECK(known.allocations_per_iteration == 4);
  CHECK(known.memory.num_allocs % 4 == 0);
  CHECK(known.memory.num_allocs > 0);
  CHECK(known.memory.max_bytes_used == 1009 + 53 + 119 + 67);
  CHECK(known.memory.total_allocated_bytes == known.memory.num_allocs / 4 * (53 + 61 + 67 + 119));
  CHECK(known.memory.net_heap_growth == 0);
  CHECK(reporter.results[1].allocations_per_iteration == 0);
  CHECK(reporter.results[1].memory.num_allocs == 0);
}
