// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked. Its mutex is held for a few instructions and never across a hook.
#include "task/process_gate.hpp"

#include "blocks/owned_gate.hpp"
#include "task/fork_handlers.hpp"
#include "task/spy_registry.hpp"

namespace mallocspy::task {

namespace {

blocks::owned_gate gate;

} // namespace

void wait_at_gate() noexcept {
  gate.lock();
  gate.wait_for_others();
  gate.unlock();
}

void enter_process_heap() noexcept {
  if (MALLOCSPY_UNLIKELY((spy_word.load(std::memory_order_relaxed) & gate_bit) != 0) && !spy_thread::in_call()) {
    wait_at_gate();
  }
}

void hold_gate() noexcept {
  install_fork_handlers();
  gate.lock();
  const bool first = gate.hold();
  gate.unlock();
  if (first) {
    registry_close_gate(true);
  }
}

bool leave_gate() noexcept {
  gate.lock();
  const unsigned times = gate.times_held();
  gate.unlock();
  if (times == 1) {
    registry_close_gate(false); // while this thread still holds it: the next holder closes it again
  }
  if (times != 0) {
    gate.lock();
    gate.release();
    gate.unlock();
  }
  return times != 0;
}

void gate_before_fork() noexcept {
  gate.lock();
}

void gate_after_fork_in_parent() noexcept {
  gate.unlock();
}

void gate_after_fork_in_child() noexcept {
  const bool held = gate.keep_only_mine();
  gate.unlock();
  if (!held) {
    registry_close_gate(false);
  }
}

} // namespace mallocspy::task
