// SPDX-License-Identifier: MIT
#include "testing/process/whole_file.hpp"
#include "testing/report/suppressions.hpp"
#include "tool/program/launch_plan.hpp"
#include "tool/report/damage_paragraphs.hpp"
#include "tool/report/leak_paragraphs.hpp"
#include "tool/session/followed_programs.hpp"
#include "tool/session/interruption.hpp"
#include "tool/session/program_names.hpp"
#include "tool/session/session_folder.hpp"
#include "tool/session/started_program.hpp"
#include "tool/verbs/verbs.hpp"

#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>

namespace mallocspy::tool {

using testing_detail::require_writable;
using testing_detail::write_output;

namespace {

std::string contents_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void choose_spies(run_spies& spies, const run_command& command) {
  spies.leaks = command.leaks;
  spies.guard = command.guard;
  spies.statistics = command.statistics;
  spies.events = command.events;
  spies.all_blocks = command.all_blocks;
  spies.depth = command.depth;
  if (command.trace.size() >= sizeof spies.trace) {
    throw std::runtime_error("--trace: the path is too long");
  }
  std::strcpy(spies.trace, command.trace.empty() ? "mallocspy.trace" : command.trace.c_str());
}

} // namespace

int run_verb(const run_command& command) {
  const launch_plan launch = plan_launch(command.program);
  require_writable(command.output);
  const auto expected = command.suppressions.empty() ? testing_detail::suppressions()
                                                     : testing_detail::suppressions::from_file(command.suppressions);
  if (command.events) {
    require_writable(command.trace.empty() ? "mallocspy.trace" : command.trace);
  }
  session_folder folder(task::run);
  follow_programs(folder.shared(), command.program.follow);
  choose_spies(folder.shared().spies, command);

  const interruption interruptions; // a key at the terminal is for the program: the report comes when that has ended
  const program_end end = run_program(foreground_start(launch, folder), 0, {});

  const leak_paragraphs report = sort_out_leaks(contents_of(folder.file(report_file)), expected);
  if (folder.shared().ended.load() == 0) {
    std::cerr
        << "mallocspy: no process came to an end that could be looked at: it was killed, or replaced by a program that is "
           "not followed\n";
  }
  program_names names(folder.shared().board);
  const damage_paragraphs damage = tell_damage(folder.shared(), names, expected);
  if (command.output.empty()) {
    std::cerr << report.text << damage.text;
  } else {
    write_output(command.output, report.text + damage.text);
  }
  const bool found = report.lost != 0 || damage.findings != 0;
  return found && command.error_exit_code ? *command.error_exit_code : shell_status(end.status);
}

} // namespace mallocspy::tool
