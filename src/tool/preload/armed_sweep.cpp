// SPDX-License-Identifier: MIT
#include "tool/preload/armed_sweep.hpp"

#include "testing/spies/misuses_noted.hpp"
#include "testing/spies/test_spies.hpp"

#include <fcntl.h>
#include <new>
#include <unistd.h>

namespace mallocspy::tool {

namespace {

using testing_detail::output_files;
using testing_detail::sweep_run;

// Never destroyed: the program's last destructors allocate, too.
struct armed_run {
  session& shared;
  testing_detail::use_of_test_spies spies;
  testing_detail::misuses_noted misuses;
  bool ended = false;

  explicit armed_run(session& s) : shared(s), misuses(spies->points.run) {}
};

armed_run* armed = nullptr;

output_files open_both(const attached_session& attached, const char* out, const char* err,
                       const testing_detail::snapshot_safety& safety) {
  return {safety.hide(attached.open(out, O_RDONLY)), safety.hide(attached.open(err, O_RDONLY))};
}

} // namespace

bool begin_sweep_run(const attached_session& attached) noexcept {
  alignas(armed_run) static unsigned char room[sizeof(armed_run)];
  session& s = *attached.shared;
  armed = new (static_cast<void*>(room)) armed_run(s);
  if (!armed->spies) {
    armed = nullptr;
    return false;
  }
  testing_detail::test_spies& spies = *armed->spies;
  sweep_run& run = spies.points.run;
  const testing_detail::judging how{s.board.order.abort_is_crash, false};
  if (s.what == task::point || s.step == sweep_step::replay) {
    run.begin_replay(s.board, spies.leaks, spies.damage, how);
    if (s.what == task::sweep) {
      run.watch_this_process();
    }
    return true;
  }
  testing_detail::snapshot_safety safety;
  safety.begin({});
  run.begin(s.board, spies.leaks, spies.damage, how, open_both(attached, output_file, error_file, safety),
            s.step == sweep_step::pass ? open_both(attached, first_output_file, first_error_file, safety) : output_files{});
  return true;
}

void end_sweep_run(const spies::calling_thread* caller) noexcept {
  if (armed == nullptr || armed->ended) {
    return;
  }
  sweep_run& run = armed->spies->points.run;
  if (!run.is_under_way() || run.process() != ::getpid()) {
    return; // a child of the program, by fork or vfork
  }
  armed->ended = true;
  spies::calling_thread here{};
  spies::store_registers(here, __builtin_frame_address(0));
  const spies::calling_thread& held = caller == nullptr ? here : *caller;
  run.note_end(testing_detail::child_facts::finished, held);
  if (!run.is_child()) {
    if (armed->shared.step == sweep_step::second) {
      run.note_survivors(held);
    }
    run.end();
    armed->shared.ended.store(1);
  }
}

void leave_sweep_run() noexcept {
  if (armed != nullptr) {
    armed->spies->points.run.leave();
  }
}

} // namespace mallocspy::tool
