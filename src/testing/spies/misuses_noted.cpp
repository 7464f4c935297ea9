// SPDX-License-Identifier: MIT
#include "testing/spies/misuses_noted.hpp"

#include "testing/board/damage_codes.hpp"

#include <atomic>

namespace mallocspy::testing_detail {

namespace {

std::atomic<sweep_run*> told{nullptr};
std::atomic<misuse_handler> before{nullptr};

misuse_action on_misuse(const misuse& what) {
  sweep_run* run = told.load(std::memory_order_acquire);
  if (run == nullptr || !run->is_under_way()) {
    return before.load(std::memory_order_acquire)(what);
  }
  run->note_damage(damage_code(what.kind), 0);
  return misuse_action::go_on;
}

} // namespace

misuses_noted::misuses_noted(sweep_run& run) noexcept {
  before.store(get_misuse_handler(), std::memory_order_release);
  told.store(&run, std::memory_order_release);
  set_misuse_handler(on_misuse);
}

misuses_noted::~misuses_noted() {
  set_misuse_handler(before.load(std::memory_order_acquire));
}

} // namespace mallocspy::testing_detail
