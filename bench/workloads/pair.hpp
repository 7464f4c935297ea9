// SPDX-License-Identifier: MIT
// The tightest loop: a block is allocated and freed at once. Another of its size stays alive, as in most programs: without
// it, what is measured is how an allocator gives back an emptied page, and in some processes only.
#pragma once

#include "workloads/filled.hpp"

#include <benchmark/benchmark.h>

namespace mallocspy::bench {

template <class Subject> class neighbour {
public:
  explicit neighbour(std::size_t size) : m_block(present(Subject::alloc(size))) {}
  ~neighbour() {
    Subject::free(m_block);
  }
  neighbour(const neighbour&) = delete;
  neighbour& operator=(const neighbour&) = delete;

private:
  void* m_block;
};

template <class Subject, std::size_t Size> void pair(benchmark::State& state) {
  std::size_t size = Size;
  benchmark::DoNotOptimize(size); // callers seldom pass a constant that reaches the allocator
  const neighbour<Subject> alive(size);
  for (auto _ : state) {
    void* block = Subject::alloc(size);
    benchmark::DoNotOptimize(block);
    Subject::free(block);
  }
  state.SetItemsProcessed(state.iterations());
}

} // namespace mallocspy::bench
