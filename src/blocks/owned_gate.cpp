// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates.
#include "blocks/owned_gate.hpp"

namespace mallocspy::blocks {

void owned_gate::wait_slowly() noexcept {
  while (m_owner != nullptr && m_owner != this_thread_mark()) {
    m_mutex.wait_for_change();
  }
}

void owned_gate::open() noexcept {
  m_owner = nullptr;
  m_times = 0;
  m_mutex.tell_change();
}

bool owned_gate::keep_only_mine() noexcept {
  m_mutex.after_fork_in_child();
  if (times_held() != 0) {
    return true;
  }
  m_owner = nullptr;
  m_times = 0;
  return false;
}

} // namespace mallocspy::blocks
