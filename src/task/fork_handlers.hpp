// SPDX-License-Identifier: MIT
// fork: the child gets whole state and free locks, whatever other threads were doing.
#pragma once

namespace mallocspy::task {

// effects: makes fork stop for spied operations; the first call counts. Needed from the first registration, or the first
//   lock of the process heap, on
// threads: any
void install_fork_handlers() noexcept;

} // namespace mallocspy::task
