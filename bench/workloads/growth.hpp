// SPDX-License-Identifier: MIT
// Buffers that grow by half until they have 16 KiB, several in turn, as strings and arrays do.
#pragma once

#include "workloads/filled.hpp"

#include <array>
#include <benchmark/benchmark.h>

namespace mallocspy::bench {

template <class Subject> void growth(benchmark::State& state) {
  constexpr std::size_t first_size = 24;
  constexpr std::size_t last_size = 16 * 1024;
  struct buffer {
    char* bytes = nullptr;
    std::size_t size = 0;
  };
  std::array<buffer, 16> buffers;
  std::size_t turn = 0;
  for (auto _ : state) {
    buffer& b = buffers[turn++ % buffers.size()];
    if (b.size >= last_size) {
      Subject::free(b.bytes);
      b = {};
    }
    const std::size_t size = b.size == 0 ? first_size : b.size + b.size / 2;
    b.bytes = static_cast<char*>(present(Subject::realloc(b.bytes, size)));
    std::memset(b.bytes + b.size, 0x5a, size - b.size);
    b.size = size;
  }
  for (buffer& b : buffers) {
    Subject::free(b.bytes);
  }
  state.SetItemsProcessed(state.iterations());
}

} // namespace mallocspy::bench
