// SPDX-License-Identifier: MIT
// The names of signals, as reports write them: "SIGSEGV".
#pragma once

#include <string>

namespace mallocspy::testing_detail {

// returns: "SIGSEGV" ...; "signal 40" for one without a name; empty for 0
std::string signal_name(int signal);

// returns: the number that signal_name() gives this name to; 0 if there is none
int signal_number(const std::string& name) noexcept;

} // namespace mallocspy::testing_detail
