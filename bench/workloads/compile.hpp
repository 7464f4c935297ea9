// SPDX-License-Identifier: MIT
// The lifetimes of a compiler: of each group of 16 blocks the last ten die at the end of the group, newest first; what
// is left dies at the end of the function, in the order in which it was made.
#pragma once

#include "workloads/filled.hpp"
#include "workloads/mixed_sizes.hpp"

#include <array>
#include <benchmark/benchmark.h>

namespace mallocspy::bench {

template <class Subject> void compile(benchmark::State& state) {
  constexpr std::size_t groups = 64;
  constexpr std::size_t in_group = 16;
  constexpr std::size_t survivors = 6;
  std::array<void*, groups * survivors + in_group> stack{};
  mixed_sizes sizes;
  for (auto _ : state) {
    std::size_t top = 0;
    for (std::size_t group = 0; group < groups; ++group) {
      for (std::size_t i = 0; i < in_group; ++i) {
        const std::size_t size = sizes.next();
        stack[top++] = filled(Subject::alloc(size), size);
      }
      for (std::size_t i = survivors; i < in_group; ++i) {
        Subject::free(stack[--top]);
      }
    }
    for (std::size_t i = 0; i < top; ++i) {
      Subject::free(stack[i]);
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(groups * in_group));
}

} // namespace mallocspy::bench
