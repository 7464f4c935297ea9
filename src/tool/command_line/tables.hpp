// SPDX-License-Identifier: MIT
// The tables of options, as docs/command.md keeps them.
#pragma once

#include <string>

namespace mallocspy::tool {

// returns: Markdown: for each verb a heading and a table
std::string option_tables();

} // namespace mallocspy::tool
