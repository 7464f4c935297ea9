// SPDX-License-Identifier: MIT
#include "testing/sweep/sweep_driver.hpp"
#include "tool/program/launch_plan.hpp"
#include "tool/report/report_output.hpp"
#include "tool/session/followed_programs.hpp"
#include "tool/session/interruption.hpp"
#include "tool/session/program_subject.hpp"
#include "tool/session/standard_input.hpp"
#include "tool/symbols/point_filter.hpp"
#include "tool/terminal/colours.hpp"
#include "tool/terminal/progress.hpp"
#include "tool/verbs/replay_command.hpp"
#include "tool/verbs/verbs.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <unistd.h>

namespace mallocspy::tool {

namespace {

progress_state state_of(const testing_detail::board& b, std::uint64_t wanted, const testing_detail::judging& how) {
  progress_state state;
  state.wanted = wanted;
  const std::uint64_t last = std::min<std::uint64_t>(b.known_allocations.load(), testing_detail::board::most_points - 1);
  for (std::uint64_t n = 1; n <= last; ++n) {
    const verdict what = testing_detail::judge(b.points[n].failed, b.unfailed_before, how);
    if (what != verdict::untested) {
      ++state.verdicts[static_cast<std::size_t>(what)];
      ++state.done;
    }
  }
  state.done = std::min(state.done, wanted);
  return state;
}

} // namespace

int sweep_verb(const sweep_command& command) {
  const launch_plan launch = plan_launch(command.program);
  require_writable(command.files);
  // Copies of the working directory: of the run that others are compared with, and of the one that is under way.
  const std::uint64_t copies =
      command.in_place ? 0 : 2 * working_copy::size_if_small(std::filesystem::current_path().string());
  session_folder folder(task::sweep, copies);
  follow_programs(folder.shared(), command.program.follow);
  testing_detail::board& board = folder.shared().board;

  program_choice choice;
  choice.launch = launch;
  choice.in = keep_standard_input(folder, command.stdin_limit);
  choice.in_place = command.in_place;
  choice.abort_is_crash = command.sweep.abort_is_crash;
  choice.replay_command = [&](const sweep_finding& finding) { return replay_command(command, finding); };

  const interruption interruptions;
  progress shown(STDERR_FILENO, is_terminal(STDERR_FILENO), wants_colours(command.colours, STDERR_FILENO));
  std::uint64_t wanted = 0;
  const testing_detail::judging how{choice.abort_is_crash, false};
  const auto show = [&] {
    if (wanted != 0) {
      shown.update(state_of(board, wanted, how));
    }
  };
  sweep_options options = command.sweep;
  options.name = command.program.words.front();
  options.threads = sweep_threads::caller_tree;
  options.progress = [&](const sweep_progress& p) {
    wanted = p.wanted;
    show();
  };
  program_subject subject(folder, choice, show);
  const point_filter filter(command.include, command.exclude);
  testing_detail::sweep_driver driver(subject, options, board, [&](std::uint32_t stack) {
    return filter.passes_all() || filter.wants(subject.names().frames_of(stack), subject.names().symbols());
  });
  sweep_result result = driver.run();
  shown.clear();
  if (!result.error.empty()) {
    throw std::runtime_error(result.error);
  }
  result.program = command.program.words;
  write_reports(command.files, result, nullptr, false);
  const bool report_is_output = command.files.json == "-" || command.files.junit == "-" || command.files.html == "-";
  FILE* const out = report_is_output ? stderr : stdout;
  const std::string text = result.text(wants_colours(command.colours, ::fileno(out)));
  if (std::fputs(text.c_str(), out) < 0 || std::fflush(out) != 0) {
    throw std::runtime_error("the report cannot be written");
  }
  return interruption::signal() != 0 ? exit_could_not_run : result.exit_status();
}

} // namespace mallocspy::tool
