// SPDX-License-Identifier: MIT
// Patterns for frames, as of the shell for file names: * ? [a-z].
#pragma once

#include <string>

namespace mallocspy::testing_detail {

bool fits(const std::string& glob, const std::string& text);

// function: demangled, and perhaps with the place that reports write: "ns::f(int) const (file.c:12)". That one fits
//   "ns::f(int) const", "ns::f" and "ns::*"; not "f"
bool function_fits(const std::string& glob, const std::string& function);

// path: of a program or library; what is behind the last "/" must fit
bool module_fits(const std::string& glob, const std::string& path);

} // namespace mallocspy::testing_detail
