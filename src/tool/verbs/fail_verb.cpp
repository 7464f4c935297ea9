// SPDX-License-Identifier: MIT
#include "tool/program/launch_plan.hpp"
#include "tool/session/followed_programs.hpp"
#include "tool/session/interruption.hpp"
#include "tool/session/program_subject.hpp"
#include "tool/session/standard_input.hpp"
#include "tool/verbs/verbs.hpp"

#include <cstring>
#include <filesystem>
#include <iostream>
#include <regex.h>
#include <stdexcept>

namespace mallocspy::tool {

namespace {

bool is_filtered(const fail_command& command) {
  return command.smallest != 0 || command.largest != std::numeric_limits<std::uint64_t>::max() || !command.caller.empty();
}

void require_expression(const std::string& text) {
  regex_t expression{};
  const int error = ::regcomp(&expression, text.c_str(), REG_EXTENDED | REG_NOSUB);
  if (error != 0) {
    char why[200];
    ::regerror(error, &expression, why, sizeof why);
    throw std::runtime_error("--caller: '" + text + "' is no regular expression: " + why);
  }
  ::regfree(&expression);
}

failure_plan plan_of(const fail_command& command) {
  failure_plan plan{};
  plan.smallest = command.smallest == 0 ? 1 : command.smallest;
  plan.largest = command.largest;
  require_expression(command.caller);
  if (command.caller.size() >= sizeof plan.caller) {
    throw std::runtime_error("--caller: the expression is too long");
  }
  std::strcpy(plan.caller, command.caller.c_str());
  if (command.rate) {
    plan.what = failure_plan::kind::random;
    plan.rate = *command.rate;
    plan.seed = command.seed;
  } else if (command.budget) {
    plan.what = failure_plan::kind::budget;
    plan.budget = *command.budget;
  } else {
    plan.what = failure_plan::kind::numbered;
    plan.first = command.nth == 0 ? 1 : command.nth;
    plan.length = command.mode == sweep_mode::all_after  ? UINT64_MAX - plan.first
                  : command.mode == sweep_mode::in_a_row ? command.count
                                                         : 1;
  }
  return plan;
}

// in: file with the program's standard input
// returns: the number of an allocation that is named by its stack, found in a run in which nothing fails
std::uint64_t find_point(session_folder& folder, const fail_command& command, const launch_plan& launch,
                         const std::string& in) {
  program_choice choice;
  choice.launch = launch;
  choice.in = in;
  program_subject subject(folder, choice, {});
  testing_detail::board& board = folder.shared().board;
  board.order.all_threads = true;
  const std::string why = subject.run(testing_detail::unfailed_run::first);
  if (!why.empty()) {
    throw std::runtime_error(why);
  }
  const std::uint64_t allocations = board.counted.load();
  std::uint64_t met = 0;
  for (std::uint64_t n = 1; n <= allocations && n < testing_detail::board::most_points; ++n) {
    if (subject.names().id_of(board.points[n].stack) == command.stack && ++met == command.occurrence) {
      return n;
    }
  }
  throw std::runtime_error("--stack: the program makes " + std::to_string(met) + " allocations with the stack " +
                           command.stack + ", and " + std::to_string(allocations) + " in all");
}

// returns: a file with the program's standard input, if it has been read; else empty
std::string order_point(session_folder& folder, const fail_command& command, const launch_plan& launch) {
  std::string in;
  testing_detail::board& board = folder.shared().board;
  std::uint64_t n = command.nth == 0 ? 1 : command.nth;
  if (!command.stack.empty()) {
    folder.shared().what = task::sweep;
    in = keep_standard_input(folder, std::uint64_t{64} << 20);
    n = find_point(folder, command, launch, in);
    folder.shared().what = task::point;
    folder.disarm();
    board.order.replay_key = board.stack[board.points[n].stack].key.load();
    board.order.replay_occurrence = board.points[n].occurrence;
  }
  board.order.replay = n;
  board.order.mode = command.mode;
  board.order.in_a_row = command.count;
  board.order.budget = command.budget.value_or(0);
  board.order.all_threads = true;
  return in;
}

} // namespace

int fail_verb(const fail_command& command) {
  const launch_plan launch = plan_launch(command.program);
  const bool by_point = !is_filtered(command) && !command.rate &&
                        (!command.budget || command.mode == sweep_mode::budget || !command.stack.empty());
  if (!by_point && !command.stack.empty()) {
    throw std::runtime_error("--stack names one allocation: --size, --caller and --rate cannot narrow it");
  }
  const std::uint64_t copies =
      command.stack.empty() ? 0 : working_copy::size_if_small(std::filesystem::current_path().string());
  session_folder folder(by_point ? task::point : task::plan, copies);
  follow_programs(folder.shared(), command.program.follow);
  std::string in;
  if (by_point) {
    in = order_point(folder, command, launch);
  } else {
    folder.shared().plan = plan_of(command);
  }

  const interruption interruptions; // a key at the terminal is for the program
  program_start start = foreground_start(launch, folder);
  start.in = in;
  const program_end end = run_program(start, 0, {});

  const session& s = folder.shared();
  const bool fired = by_point ? (s.board.replayed.flags.load() & testing_detail::child_facts::fired) != 0
                              : s.failed.load() != 0 || s.ended.load() == 0;
  if (!fired) {
    std::cerr << "mallocspy: the planned failure never came\n";
    return command.error_exit_code.value_or(shell_status(end.status));
  }
  return shell_status(end.status);
}

} // namespace mallocspy::tool
