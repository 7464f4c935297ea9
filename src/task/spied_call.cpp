// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked.
#include "task/spied_call.hpp"

#include "blocks/door_frame.hpp"
#include "task/asymmetric_barrier.hpp"
#include "task/process_gate.hpp"

namespace mallocspy::task {

spied_call::spied_call(const request_info& request, const void* client_frame) noexcept
    : m_outer(this_thread.request), m_outer_frame(blocks::this_words.client_frame), m_spy(enter()) {
  if (m_spy != nullptr) {
    this_thread.request = &request;
    blocks::this_words.client_frame = client_frame;
#if defined(__APPLE__)
    if (m_outer_frame == nullptr && blocks::door_frame != nullptr) {
      blocks::this_words.client_frame = blocks::door_frame;
    }
#endif
  }
}

IMallocSpy* spied_call::enter() noexcept {
  if (spy_thread::in_call()) {
    m_level = level::nested;
    return spy_in(spy_word.load(std::memory_order_relaxed)); // it stays as long as this thread is inside
  }
  if (MALLOCSPY_UNLIKELY((spy_word.load(std::memory_order_relaxed) & gate_bit) != 0)) {
    wait_at_gate();
  }
  const std::uintptr_t seen = spy_word.load(std::memory_order_relaxed);
  if (is_open(seen) && blocks::this_words.stand.load(std::memory_order_relaxed) != no_member) {
    if ((seen & fenced_bit) != 0) {
      announce_fenced(blocks::this_words.stand, std::uintptr_t{inside});
    } else {
      announce(blocks::this_words.stand, std::uintptr_t{inside});
      m_afterwards = (seen & gate_bit) == 0 ? seen : std::uintptr_t{outside}; // the next call looks at the gate again
    }
    if (spy_word.load(std::memory_order_seq_cst) == seen) {
      return spy_in(seen);
    }
    m_afterwards = outside;
    blocks::this_words.stand.store(outside, std::memory_order_release);
  }
  IMallocSpy* spy = enter_slowly(this_thread);
  if (spy == nullptr) {
    m_level = level::none;
  } else if (spy_thread::holds_lock()) {
    m_level = level::locked;
  }
  return spy;
}

// Out of line, since clang reads both stocks before it chooses one, and ThreadSanitizer would take the lock's for a race.
blocks::node_stock& spied_call::nodes() const noexcept {
  return spy_thread::holds_lock() ? registry.nodes : this_thread.nodes;
}

spied_call::~spied_call() {
  spy_thread& thread = this_thread;
  thread.request = m_outer;
  blocks::this_words.client_frame = m_outer_frame;
  switch (m_level) {
  case level::outermost:
    announce(blocks::this_words.stand, m_afterwards);
    if (spy_word.load(std::memory_order_seq_cst) != m_afterwards) {
      complete_revocation();
    }
    break;
  case level::locked:
    leave_locked(thread);
    break;
  case level::nested:
  case level::none:
    break;
  }
}

} // namespace mallocspy::task
