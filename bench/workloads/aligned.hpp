// SPDX-License-Identifier: MIT
// Blocks with an alignment of their own: vectors, cache lines, pages.
#pragma once

#include "workloads/filled.hpp"
#include "workloads/mixed_sizes.hpp"

#include <array>
#include <benchmark/benchmark.h>

namespace mallocspy::bench {

template <class Subject> void aligned(benchmark::State& state) {
  constexpr std::array<std::size_t, 8> alignments = {32, 64, 64, 128, 32, 64, 256, 4096};
  std::array<void*, 256> blocks{};
  mixed_sizes sizes;
  slot_sequence slots(1);
  std::size_t turn = 0;
  for (auto _ : state) {
    void*& block = blocks[slots.below(blocks.size())];
    Subject::free(block);
    const std::size_t size = sizes.next();
    block = filled(Subject::aligned(alignments[turn++ % alignments.size()], size), size);
  }
  for (void* block : blocks) {
    Subject::free(block);
  }
  state.SetItemsProcessed(state.iterations());
}

} // namespace mallocspy::bench
