// SPDX-License-Identifier: MIT
#include "tool/preload/arming.hpp"

#include "tool/preload/armed_plan.hpp"
#include "tool/preload/armed_spies.hpp"
#include "tool/preload/armed_sweep.hpp"

#include <pthread.h>

namespace mallocspy::tool {

namespace {

task armed_for = task::run;
bool is_armed = false;

void after_fork_in_child() noexcept {
  if (!is_armed) {
    return;
  }
  if (armed_for == task::run) {
    spies_after_fork();
    return;
  }
  leave_sweep_run();
  leave_plan();
  is_armed = false;
}

} // namespace

task armed_task() noexcept {
  return armed_for;
}

void end_armed(const spies::calling_thread* caller) noexcept {
  if (!is_armed) {
    return;
  }
  switch (armed_for) {
  case task::run:
    end_spies();
    break;
  case task::plan:
    end_plan();
    break;
  case task::point:
  case task::sweep:
    end_sweep_run(caller);
    break;
  }
}

void arm(const char* image) noexcept {
  const attached_session attached = attach_session(image);
  if (!attached.is_armed) {
    return;
  }
  ::pthread_atfork(nullptr, nullptr, after_fork_in_child); // may allocate
  armed_for = attached.shared->what;
  switch (armed_for) {
  case task::run:
    is_armed = begin_spies(attached);
    break;
  case task::plan:
    is_armed = begin_plan(attached);
    break;
  case task::point:
  case task::sweep:
    is_armed = begin_sweep_run(attached);
    break;
  }
}

} // namespace mallocspy::tool
