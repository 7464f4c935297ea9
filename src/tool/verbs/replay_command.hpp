// SPDX-License-Identifier: MIT
// The command that repeats a finding of a sweep.
#pragma once

#include "tool/commands.hpp"

#include <mallocspy/testing/sweep_result.hpp>
#include <string>
#include <vector>

namespace mallocspy::tool {

enum class replay_by : std::uint8_t {
  number, // the shortest; right as long as the counts do not drift
  stack,  // by call stack and occurrence
};

// returns: a line for a shell: "mallocspy fail --nth 7 -- ./program 'a b'"
std::string replay_command(const sweep_command& sweep, const sweep_finding& finding, replay_by how = replay_by::number);

// returns: the words as a line for a shell: quoted where that is needed
std::string shell_line(const std::vector<std::string>& words);

} // namespace mallocspy::tool
