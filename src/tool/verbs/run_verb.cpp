// SPDX-License-Identifier: MIT
#include "tool/verbs/verbs.hpp"

#include <stdexcept>

namespace mallocspy::tool {

int run_verb(const run_command& command) {
  throw std::runtime_error("run: not there yet: " + command.program.words.front() + " is not started");
}

} // namespace mallocspy::tool
