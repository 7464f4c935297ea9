// SPDX-License-Identifier: MIT
// One thread allocates, another frees: every block crosses over, through a ring.
#pragma once

#include "workloads/filled.hpp"
#include "workloads/mixed_sizes.hpp"

#include <array>
#include <atomic>
#include <benchmark/benchmark.h>
#include <thread>

namespace mallocspy::bench {

// One writer, one reader.
class pointer_ring {
public:
  void put(void* p) noexcept {
    const std::size_t at = m_written.load(std::memory_order_relaxed);
    while (at - m_read.load(std::memory_order_acquire) == m_places.size()) {
      std::this_thread::yield();
    }
    m_places[at % m_places.size()] = p;
    m_written.store(at + 1, std::memory_order_release);
  }
  void* take() noexcept {
    const std::size_t at = m_read.load(std::memory_order_relaxed);
    while (at == m_written.load(std::memory_order_acquire)) {
      std::this_thread::yield();
    }
    void* p = m_places[at % m_places.size()];
    m_read.store(at + 1, std::memory_order_release);
    return p;
  }

private:
  alignas(64) std::atomic<std::size_t> m_written{0};
  alignas(64) std::atomic<std::size_t> m_read{0};
  alignas(64) std::array<void*, 1024> m_places{};
};

// Both threads make the same number of iterations, so the ring is empty at the end.
template <class Subject> void handoff(benchmark::State& state) {
  static pointer_ring ring;
  mixed_sizes sizes;
  if (state.thread_index() == 0) {
    for (auto _ : state) {
      const std::size_t size = sizes.next();
      ring.put(filled(Subject::alloc(size), size));
    }
  } else {
    for (auto _ : state) {
      Subject::free(ring.take());
    }
  }
  state.SetItemsProcessed(state.iterations());
}

} // namespace mallocspy::bench
