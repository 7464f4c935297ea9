// SPDX-License-Identifier: MIT
// A million blocks of mixed sizes and two ways to be rid of them: one by one in the order in which they were made, or at
// once, by destroying their heap. What is timed is that alone.
#pragma once

#include "workloads/mixed_sizes.hpp"

#include <benchmark/benchmark.h>
#include <vector>

namespace mallocspy::bench {

// Whether a subject has a heap that can be destroyed and made anew.
template <class Subject, class = void> inline constexpr bool has_heap = false;
template <class Subject> inline constexpr bool has_heap<Subject, decltype(Subject::create())> = true;

template <class Subject> void teardown(benchmark::State& state, bool at_once) {
  if constexpr (has_heap<Subject>) {
    constexpr std::size_t count = 1000000;
    std::vector<void*> blocks(count);
    mixed_sizes sizes;
    for (auto _ : state) {
      state.PauseTiming();
      for (void*& block : blocks) {
        const std::size_t size = sizes.next();
        block = filled(Subject::alloc(size), size);
      }
      state.ResumeTiming();
      if (at_once) {
        Subject::destroy();
      } else {
        for (void* block : blocks) {
          Subject::free(block);
        }
      }
      state.PauseTiming();
      if (!at_once) {
        Subject::destroy();
      }
      Subject::create();
      state.ResumeTiming();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
  } else {
    state.SkipWithError("this subject has no heap to destroy");
  }
}

template <class Subject> void free_each(benchmark::State& state) {
  teardown<Subject>(state, false);
}
template <class Subject> void destroy_heap(benchmark::State& state) {
  teardown<Subject>(state, true);
}

} // namespace mallocspy::bench
