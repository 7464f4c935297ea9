// SPDX-License-Identifier: MIT
// A spy that counts from the first constructors of a process to its last instruction. Without memory of its own.
#pragma once

#include <atomic>
#include <mallocspy/spies/spy_base.hpp>
#include <mallocspy/task/registration.hpp>
#include <new>

namespace mallocspy::tests {

class process_spy final : public spy_base {
public:
  process_spy() noexcept : spy_base(spy_calls::concurrent) {}

  // returns: a spy that is registered and never destroyed. once
  static process_spy& begin() {
    alignas(process_spy) static char room[sizeof(process_spy)];
    auto* spy = new (room) process_spy;
    CoRegisterMallocSpy(spy);
    return *spy;
  }

  std::atomic<std::size_t> allocations{0};
  std::atomic<std::size_t> frees{0};
  std::atomic<std::size_t> reallocations{0};
  std::atomic<std::size_t> bytes{0};

  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T size) override {
    allocations.fetch_add(1, std::memory_order_relaxed);
    bytes.fetch_add(size, std::memory_order_relaxed);
    return size;
  }
  void* STDMETHODCALLTYPE PreFree(void* p, BOOL) override {
    frees.fetch_add(1, std::memory_order_relaxed);
    return p;
  }
  SIZE_T STDMETHODCALLTYPE PreRealloc(void* p, SIZE_T size, void** same, BOOL) override {
    reallocations.fetch_add(1, std::memory_order_relaxed);
    *same = p;
    return size;
  }
};

} // namespace mallocspy::tests
