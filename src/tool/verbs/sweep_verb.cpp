// SPDX-License-Identifier: MIT
#include "tool/verbs/verbs.hpp"

#include <stdexcept>

namespace mallocspy::tool {

int sweep_verb(const sweep_command& command) {
  throw std::runtime_error("sweep: not there yet: " + command.program.words.front() + " is not started");
}

} // namespace mallocspy::tool
