// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "blocks/method_table.hpp"

#include <atomic>

namespace mallocspy::blocks {

__thread told_hooks told_by_spy = {nullptr, nullptr, 0};

namespace {
std::atomic<told_hooks_listener> listener{nullptr};
} // namespace

void tell_taken_back_hooks_to(told_hooks_listener host) noexcept {
  listener.store(host, std::memory_order_release);
}

void take_back_told_hooks(const IMallocSpy* spy) noexcept {
  if (const told_hooks_listener tell = listener.load(std::memory_order_acquire)) {
    tell(spy);
  }
}

} // namespace mallocspy::blocks
