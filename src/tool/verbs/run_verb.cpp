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
  if (!command.suppressions.empty()) {
    testing_detail::suppressions::from_file(command.suppressions); // throws, if it cannot be used
  }
  throw std::runtime_error("run: not there yet: " + plan.path + " is not started");
}

} // namespace mallocspy::tool
