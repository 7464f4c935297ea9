// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "blocks/request_source.hpp"

#include "blocks/door_frame.hpp"

#include <atomic>

namespace mallocspy {

namespace blocks {

#if defined(__APPLE__)
__thread const void* door_frame = nullptr;
#endif

namespace {
std::atomic<request_source> host{nullptr};
} // namespace

void answer_requests_from(request_source source) noexcept {
  host.store(source, std::memory_order_release);
}

} // namespace blocks

request_info current_request() noexcept {
  const blocks::request_source ask = blocks::host.load(std::memory_order_acquire);
  return ask == nullptr ? blocks::no_request : ask();
}

} // namespace mallocspy
