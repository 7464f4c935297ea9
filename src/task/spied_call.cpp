// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked.
#include "task/spied_call.hpp"

#include "blocks/client_frame.hpp"
#include "task/asymmetric_barrier.hpp"

namespace mallocspy::task {

spied_call::spied_call(const request_info& request, const void* client_frame) noexcept : m_spy(enter()) {
  this_thread.request = &request;
  m_outer_frame = blocks::client_frame;
  blocks::client_frame = client_frame;
}

IMallocSpy* spied_call::enter() noexcept {
  spy_thread& thread = this_thread;
  if (thread.in_call()) {
    m_level = level::nested;
    m_outer = thread.request;
    return spy_in(spy_word.load(std::memory_order_relaxed)); // it stays as long as this thread is inside
  }
  const std::uintptr_t seen = spy_word.load(std::memory_order_relaxed);
  if ((seen & open_bit) != 0 && thread.state.load(std::memory_order_relaxed) == outside) {
    if ((seen & fenced_bit) != 0) {
      announce_fenced(thread.state, inside);
    } else {
      announce(thread.state, inside);
    }
    if (spy_word.load(std::memory_order_seq_cst) == seen) {
      return spy_in(seen);
    }
    thread.state.store(outside, std::memory_order_release);
  }
  IMallocSpy* spy = enter_slowly(thread);
  if (spy == nullptr) {
    m_level = level::none;
  } else if (thread.locked) {
    m_level = level::locked;
  }
  return spy;
}

spied_call::~spied_call() {
  spy_thread& thread = this_thread;
  switch (m_level) {
  case level::outermost:
    announce(thread.state, outside);
    if ((spy_word.load(std::memory_order_seq_cst) & entrance_bits) != open_bit) {
      complete_revocation();
    }
    break;
  case level::locked:
    leave_locked(thread);
    break;
  case level::nested:
    thread.request = m_outer;
    blocks::client_frame = m_outer_frame;
    break;
  case level::none:
    break;
  }
}

} // namespace mallocspy::task
