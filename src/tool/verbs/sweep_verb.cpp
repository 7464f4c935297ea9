// SPDX-License-Identifier: MIT
#include "testing/suppressions.hpp"
#include "tool/program/launch_plan.hpp"
#include "tool/report/output_file.hpp"
#include "tool/report/report_output.hpp"
#include "tool/verbs/verbs.hpp"

#include <stdexcept>

namespace mallocspy::tool {

int sweep_verb(const sweep_command& command) {
  const launch_plan plan = plan_launch(command.program);
  require_writable(command.files);
  require_writable(command.sweep.resume);
  if (!command.sweep.suppressions.empty()) {
    testing_detail::suppressions::from_file(command.sweep.suppressions); // throws, if it cannot be used
  }
  throw std::runtime_error("sweep: not there yet: " + plan.path + " is not started");
}

} // namespace mallocspy::tool
