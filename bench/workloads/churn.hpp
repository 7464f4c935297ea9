// SPDX-License-Identifier: MIT
// A number of live blocks of mixed sizes; again and again one of them, chosen at random, is replaced and written in full.
#pragma once

#include "workloads/filled.hpp"
#include "workloads/mixed_sizes.hpp"

#include <benchmark/benchmark.h>
#include <future>
#include <thread>
#include <vector>

namespace mallocspy::bench {

template <class Subject> class churned_blocks {
public:
  churned_blocks(std::size_t live, unsigned thread) : m_slots(thread + 1), m_blocks(live) {
    for (void*& block : m_blocks) {
      fill(block);
    }
  }
  ~churned_blocks() {
    for (void* block : m_blocks) {
      Subject::free(block);
    }
  }
  churned_blocks(const churned_blocks&) = delete;
  churned_blocks& operator=(const churned_blocks&) = delete;

  void replace_one() {
    void*& block = m_blocks[m_slots.below(m_blocks.size())];
    Subject::free(block);
    fill(block);
  }

private:
  void fill(void*& block) {
    const std::size_t size = m_sizes.next();
    block = filled(Subject::alloc(size), size);
  }

  mixed_sizes m_sizes;
  slot_sequence m_slots;
  std::vector<void*> m_blocks;
};

template <class Subject, std::size_t Live> void churn(benchmark::State& state) {
  churned_blocks<Subject> blocks(Live, static_cast<unsigned>(state.thread_index()));
  for (auto _ : state) {
    blocks.replace_one();
  }
  state.SetItemsProcessed(state.iterations());
}

// A second thread that does nothing. Allocators leave out what only several threads need until there is one.
class idle_thread {
public:
  idle_thread() : m_thread([until = m_end.get_future()] { until.wait(); }) {}
  ~idle_thread() {
    m_end.set_value();
    m_thread.join();
  }
  idle_thread(const idle_thread&) = delete;
  idle_thread& operator=(const idle_thread&) = delete;

private:
  std::promise<void> m_end;
  std::thread m_thread;
};

template <class Subject, std::size_t Live> void churn_beside_thread(benchmark::State& state) {
  const idle_thread other;
  churn<Subject, Live>(state);
}

} // namespace mallocspy::bench
