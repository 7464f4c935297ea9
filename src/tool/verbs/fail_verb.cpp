// SPDX-License-Identifier: MIT
#include "tool/program/launch_plan.hpp"
#include "tool/verbs/verbs.hpp"

#include <stdexcept>

namespace mallocspy::tool {

int fail_verb(const fail_command& command) {
  const launch_plan plan = plan_launch(command.program);
  throw std::runtime_error("fail: not there yet: " + plan.path + " is not started");
}

} // namespace mallocspy::tool
