// SPDX-License-Identifier: MIT
// Which images of a session are armed.
#pragma once

#include "tool/preload/session.hpp"

#include <string>
#include <vector>

namespace mallocspy::tool {

// effects: the session arms programs with these names; without any the first image
// errors: std::runtime_error with one line: too many names
void follow_programs(session& shared, const std::vector<std::string>& names);

} // namespace mallocspy::tool
