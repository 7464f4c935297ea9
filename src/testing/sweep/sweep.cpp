// SPDX-License-Identifier: MIT
#include <mallocspy/testing/sweep.hpp>

#include "testing/spies/misuses_noted.hpp"
#include "testing/sweep/function_subject.hpp"
#include "testing/sweep/sweep_driver.hpp"

#include <atomic>
#include <memory>

namespace mallocspy {

namespace testing_detail {

namespace {

std::atomic<bool> sweeping{false};
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
  function_subject subject(body, effective, *spies, *b);
  return sweep_driver(subject, effective, *b).run();
}

} // namespace testing_detail

no_fault_scope::no_fault_scope() noexcept {
  ++testing_detail::depth_without_faults();
}

no_fault_scope::~no_fault_scope() {
  --testing_detail::depth_without_faults();
}

} // namespace mallocspy
