// SPDX-License-Identifier: MIT
// Completion for bash.
#pragma once

#include <string>

namespace mallocspy::tool {

// returns: a script that bash-completion finds when it is installed as share/bash-completion/completions/mallocspy, and
//   that works without it too, if it is sourced
std::string bash_completion();

} // namespace mallocspy::tool
