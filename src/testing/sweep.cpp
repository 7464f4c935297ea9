// SPDX-License-Identifier: MIT
#include <mallocspy/testing/sweep.hpp>

#include "testing/sweep_driver.hpp"
#include "testing/sweep_findings.hpp"

#include <atomic>
#include <mallocspy/blocks/misuse.hpp>
#include <memory>

namespace mallocspy {

namespace testing_detail {

namespace {

std::atomic<bool> sweeping{false};
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

// Misuse is noted, not written to stderr, while a run is under way.
class misuses_noted {
public:
  explicit misuses_noted(sweep_run& run) noexcept {
    before.store(get_misuse_handler(), std::memory_order_release);
    told.store(&run, std::memory_order_release);
    set_misuse_handler(on_misuse);
  }
  ~misuses_noted() {
    set_misuse_handler(before.load(std::memory_order_acquire));
  }
  misuses_noted(const misuses_noted&) = delete;
  misuses_noted& operator=(const misuses_noted&) = delete;
};

struct board_deleter {
  void operator()(board* b) const noexcept {
    discard_board(b);
  }
};

sweep_result failed(const sweep_options& options, const char* why) {
  sweep_result result;
  result.target = options.name;
  result.error = why;
  return result;
}

} // namespace

sweep_result sweep(const std::function<sweep_outcome()>& body, const sweep_options& options) {
  sweep_options effective = options;
  read_environment(effective);
  if (effective.shard == 0 || effective.shard > effective.shards) {
    return failed(effective, "there is no such shard");
  }
  if (sweeping.exchange(true)) {
    return failed(effective, "another sweep is under way in this process");
  }
  struct end_of_sweep {
    ~end_of_sweep() {
      sweeping.store(false);
    }
  } const ends;
  const std::unique_ptr<board, board_deleter> b(make_board());
  if (b == nullptr) {
    return failed(effective, "no memory");
  }
  const use_of_test_spies spies;
  if (!spies) {
    return failed(effective, another_spy_is_registered);
  }
  const misuses_noted noted(spies->points.run);
  return sweep_driver(body, effective, *spies, *b).run();
}

} // namespace testing_detail

no_fault_scope::no_fault_scope() noexcept {
  ++testing_detail::depth_without_faults();
}

no_fault_scope::~no_fault_scope() {
  --testing_detail::depth_without_faults();
}

} // namespace mallocspy
