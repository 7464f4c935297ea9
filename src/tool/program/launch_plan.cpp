// SPDX-License-Identifier: MIT
#include "tool/program/launch_plan.hpp"

#include "tool/program/find_program.hpp"
#include "tool/program/preload_library.hpp"
#include "tool/program/program_check.hpp"

#include <cstdlib>

namespace mallocspy::tool {

launch_plan plan_launch(const launched_program& program) {
  launch_plan plan;
  plan.words = program.words;
  plan.path = find_program(program.words.front(), std::getenv("PATH"));
  plan.image = require_preloadable(plan.path, this_user());
  plan.preload = find_preload_library(own_path(), std::getenv("MALLOCSPY_PRELOAD"));
  return plan;
}

} // namespace mallocspy::tool
