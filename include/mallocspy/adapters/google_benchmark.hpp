// SPDX-License-Identifier: MIT
// Exact allocations in the results of Google Benchmark. Needs its headers (1.7 or later).
// source: ours
#pragma once

#include <benchmark/benchmark.h>
#include <mallocspy/spies/statistics.hpp>

namespace mallocspy {

// Feeds Google Benchmark from a statistics spy that is registered, alone or in a chain:
//
//   statistics spy;
//   scoped_spy registration(&spy);
//   allocation_memory_manager manager(spy);
//   benchmark::RegisterMemoryManager(&manager);
//
// The benchmark library then runs some more iterations of each benchmark, which are counted and not timed, and reports
// allocations and bytes per iteration (in JSON, and to reporters). Counted is what goes through the task allocator, from
// all threads.
//   num_allocs             allocations and reallocations that succeeded
//   max_bytes_used         the most that was alive at one time, with what was alive before
//   total_allocated_bytes  bytes requested
//   net_heap_growth        live bytes at the end minus those at the start
class allocation_memory_manager : public benchmark::MemoryManager {
public:
  // source: must outlive this object
  explicit allocation_memory_manager(statistics& source) noexcept : m_source(source) {}

  void Start() override {
    m_start = m_source.counts();
    m_source.reset_peak();
  }

  void Stop(Result& result) override {
    const allocation_counts during = m_source.counts() - m_start;
    result.num_allocs = static_cast<std::int64_t>(during.allocations + during.reallocations);
    result.max_bytes_used = static_cast<std::int64_t>(m_source.peak().bytes);
    result.total_allocated_bytes = static_cast<std::int64_t>(during.requested_bytes);
    result.net_heap_growth = during.live_bytes;
  }

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Winconsistent-missing-override"
#endif
  // Version 1.7 wants this one too, and later ones do not know it.
  // NOLINTNEXTLINE(modernize-use-override,cppcoreguidelines-explicit-virtual-functions)
  virtual void Stop(Result* result) {
    Stop(*result);
  }
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

private:
  statistics& m_source;
  allocation_counts m_start;
};

} // namespace mallocspy
