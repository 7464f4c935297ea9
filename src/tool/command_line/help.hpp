// SPDX-License-Identifier: MIT
// What --help prints, for terminals of 80 columns and more.
#pragma once

#include <string>

namespace mallocspy::tool {

std::string general_help();

// verb: one of the catalogue
std::string verb_help(const std::string& verb);

} // namespace mallocspy::tool
