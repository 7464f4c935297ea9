// SPDX-License-Identifier: MIT
#include "tool/verbs/verbs.hpp"

#include <stdexcept>

namespace mallocspy::tool {

int fail_verb(const fail_command& command) {
  throw std::runtime_error("fail: not there yet: " + command.program.words.front() + " is not started");
}

} // namespace mallocspy::tool
