// SPDX-License-Identifier: MIT
// macOS: constructors of a library run in the order in which its files are linked. Whoever needs the names to be in force
// asks for it.
#pragma once

namespace mallocspy::interpose {

// effects: the names are in force from now on. More than once is harmless
void start_names() noexcept;

} // namespace mallocspy::interpose
