// SPDX-License-Identifier: MIT
#include "testing/sweep_driver.hpp"
#include "tool/report/report_output.hpp"
#include "tool/session/interruption.hpp"
#include "tool/session/program_subject.hpp"
#include "tool/session/quoted_words.hpp"
#include "tool/session/standard_input.hpp"
#include "tool/terminal/colours.hpp"
#include "tool/terminal/progress.hpp"
#include "tool/verbs/prepared_program.hpp"
#include "tool/verbs/verbs.hpp"

#include <fnmatch.h>
#include <iostream>
#include <unistd.h>

namespace mallocspy::tool {

namespace {

bool fits(const std::string& pattern, const testing_detail::frame_names& frame) {
  const std::string module = frame.module.substr(frame.module.rfind('/') + 1);
  const auto matches = [&pattern](const std::string& name) { return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0; };
  return matches(module) || matches(frame.function) || matches(frame.function.substr(0, frame.function.find('(')));
}

bool any_fits(const std::vector<std::string>& patterns, const std::vector<testing_detail::frame_names>& frames) {
  for (const std::string& pattern : patterns) {
    for (const testing_detail::frame_names& frame : frames) {
      if (fits(pattern, frame)) {
        return true;
      }
    }
  }
  return false;
}

} // namespace

int sweep_verb(const sweep_command& command) {
  const prepared_program prepared = prepare_program(command.program);
  require_writable(command.files);
  session_folder folder(task::sweep);
  follow_programs(folder.shared(), command.program);
  const program_choice choice{command.program.words, prepared.path,
                              prepared.preload,      keep_standard_input(folder, command.stdin_limit),
                              command.in_place,      command.sweep.abort_is_crash};
  const interruption interruptions;
  testing_detail::board& board = folder.shared().board;
  progress_line progress(STDERR_FILENO);
  sweep_options options = command.sweep;
  options.name = command.program.words.front();
  options.threads = sweep_threads::caller_tree;
  options.progress = [&](const sweep_progress& p) { progress.show(p); };
  program_subject subject(folder, choice, [&] { progress.show_running(board); });
  testing_detail::sweep_driver driver(subject, options, board, [&](const std::vector<testing_detail::frame_names>& frames) {
    return (command.include.empty() || any_fits(command.include, frames)) && !any_fits(command.exclude, frames);
  });
  sweep_result result = driver.run();
  progress.end();
  result.program = command.program.words;
  if (!result.error.empty()) {
    throw std::runtime_error(result.error);
  }
  write_reports(command.files, result, nullptr, false);
  const bool is_json_on_output = command.files.json == "-" || command.files.junit == "-" || command.files.html == "-";
  (is_json_on_output ? std::cerr : std::cout) << result.text(wants_colours(command.colours, STDOUT_FILENO));
  std::cout.flush();
  return result.exit_status();
}

} // namespace mallocspy::tool
