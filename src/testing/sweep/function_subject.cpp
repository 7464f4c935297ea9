// SPDX-License-Identifier: MIT
#include "testing/sweep/function_subject.hpp"

#include "blocks/hints.hpp"
#include "spies/leaks/calling_thread.hpp"
#include "testing/process/nameless_file.hpp"
#include "testing/process/redirected_output.hpp"
#include "testing/sweep/rerun_end.hpp"

#include <dlfcn.h>
#include <unistd.h>
#include <utility>

namespace mallocspy::testing_detail {

namespace {

using flag = child_facts::flag;

int file_in_memory(const snapshot_safety& safety, const char* name) {
  return safety.hide(make_nameless_file(name));
}

// Sanitizers end the process with a status of their own when they have found something.
bool has_sanitizer() noexcept {
  for (const char* name : {"__asan_init", "__tsan_init", "__ubsan_handle_add_overflow", "__msan_init"}) {
    if (::dlsym(RTLD_DEFAULT, name) != nullptr) {
      return true;
    }
  }
  return false;
}

// The frame between the test and the function under test.
MALLOCSPY_OUT_OF_LINE sweep_outcome invoke(const std::function<sweep_outcome()>& body, sweep_run& run) {
  run.end_stacks_at(__builtin_return_address(0));
  const sweep_outcome outcome = body();
  MALLOCSPY_KEEP_FRAME();
  return outcome;
}

} // namespace

function_subject::function_subject(const std::function<sweep_outcome()>& body, const sweep_options& options,
                                   test_spies& spies, board& b)
    : m_body(body), m_options(options), m_spies(spies), m_board(b), m_how{options.abort_is_crash, true, has_sanitizer()},
      m_process(::getpid()), m_names(b) {}

function_subject::~function_subject() {
  for (const int descriptor : {m_output.out, m_output.err, m_baseline.out, m_baseline.err}) {
    if (descriptor >= 0) {
      ::close(descriptor);
    }
  }
}

std::string function_subject::prepare() {
  snapshot_safety safety;
  safety.begin({});
  m_output = {file_in_memory(safety, "mallocspy stdout"), file_in_memory(safety, "mallocspy stderr")};
  m_baseline = {file_in_memory(safety, "mallocspy stdout"), file_in_memory(safety, "mallocspy stderr")};
  if (m_output.out < 0 || m_output.err < 0 || m_baseline.out < 0 || m_baseline.err < 0) {
    return "no file in memory can be made for the output";
  }
  return {};
}

std::uint32_t function_subject::call_body() {
  std::uint32_t flags = flag::finished;
  sweep_outcome outcome = sweep_outcome::correct;
  try {
    outcome = invoke(m_body, m_spies.points.run);
  } catch (...) {
    flags |= flag::threw;
  }
  m_spies.points.run.disarm();
  if ((flags & flag::threw) == 0 && outcome == sweep_outcome::correct) {
    if (m_options.reported_error && m_options.reported_error()) {
      outcome = sweep_outcome::reported_error;
    } else if (m_options.is_correct && !m_options.is_correct()) {
      outcome = sweep_outcome::wrong;
    }
  }
  flags |= outcome == sweep_outcome::reported_error ? flag::reported_error : 0U;
  flags |= outcome == sweep_outcome::wrong ? flag::wrong_result : 0U;
  return flags;
}

void function_subject::end_child(std::uint32_t flags, const spies::calling_thread& caller) {
  redirected_output::flush();
  m_spies.points.run.note_end(flags, caller);
  end_process(0);
}

void function_subject::keep_output() {
  std::swap(m_output, m_baseline);
}

std::string function_subject::run(unfailed_run kind) {
  const redirected_output redirected(m_output);
  sweep_run& run = m_spies.points.run;
  run.begin(m_board, m_spies.leaks, m_spies.damage, m_how, m_output,
            kind == unfailed_run::pass ? m_baseline : output_files{});
  const std::uint32_t flags = call_body();
  spies::calling_thread caller{};
  // What lies below this frame is stale.
  spies::store_registers(caller, __builtin_frame_address(0));
  if (::getpid() != m_process) {
    end_child(flags, caller); // of a snapshot
  }
  run.note_end(flags, caller);
  if (kind == unfailed_run::second) {
    run.note_survivors(caller);
  }
  run.end();
  return (flags & flag::threw) != 0            ? "the function fails without a failure: it throws"
         : (flags & flag::reported_error) != 0 ? "the function fails without a failure: it reports an error"
         : (flags & flag::wrong_result) != 0   ? "the function fails without a failure: it has a wrong result"
                                               : "";
}

bool function_subject::output_agrees() {
  return equal_contents(m_baseline.out, 0, m_output.out, 0);
}

bool function_subject::replay() {
  const redirected_output redirected(m_output);
  sweep_run& run = m_spies.points.run;
  child_process child;
  child.began = now();
  child.id = ::fork(); // with its handlers: other threads may be there
  if (child.id == 0) {
    run.begin_replay(m_board, m_spies.leaks, m_spies.damage, m_how);
    run.watch_this_process();
    const std::uint32_t flags = call_body();
    spies::calling_thread caller{};
    spies::store_registers(caller, __builtin_frame_address(0));
    end_child(flags, caller);
  }
  if (child.id < 0) {
    return false;
  }
  const std::int64_t began = child.began;
  const child_end end = wait_for_one(&child, 1, m_board.order.timeout);
  note_rerun({end.status, now() - began, end.timed_out, equal_contents(m_baseline.out, 0, m_output.out, 0),
              equal_contents(m_baseline.err, 0, m_output.err, 0), true},
             m_board.replayed);
  return true;
}

void function_subject::prime() {
  const redirected_output redirected(m_output);
  sweep_run& run = m_spies.points.run;
  run.begin_replay(m_board, m_spies.leaks, m_spies.damage, m_how);
  call_body();
  run.end();
}

std::string function_subject::replay_command(const sweep_finding& finding, const sweep_options& options) const {
  return "MALLOCSPY_SWEEP_ONLY=" + finding.stack_id + ":" + std::to_string(finding.occurrence) +
         (options.mode == sweep_mode::once ? "" : std::string(" MALLOCSPY_SWEEP_MODE=") + name_of(options.mode));
}

} // namespace mallocspy::testing_detail
