// SPDX-License-Identifier: MIT
#include "testing/suppressions.hpp"
#include "tool/program/launch_plan.hpp"
#include "tool/report/output_file.hpp"
#include "tool/verbs/verbs.hpp"

#include <stdexcept>

namespace mallocspy::tool {

int run_verb(const run_command& command) {
  const launch_plan plan = plan_launch(command.program);
  require_writable(command.output);
  require_writable(command.trace);
  const auto expected = command.suppressions.empty() ? testing_detail::suppressions()
                                                     : testing_detail::suppressions::from_file(command.suppressions);
  throw std::runtime_error("run: not there yet: " + plan.path + " is not started");
}

} // namespace mallocspy::tool
