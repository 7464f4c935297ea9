// SPDX-License-Identifier: MIT
// What operator new does without memory. Also from a library that is preloaded and has a C++ runtime of its own: the
// handler and the exception are the program's.
#pragma once

namespace mallocspy::interpose {

// effects: calls the program's new_handler; throws std::bad_alloc if there is none
// May allocate, and asks the dynamic linker, which takes a lock
void call_new_handler_or_throw();

} // namespace mallocspy::interpose
