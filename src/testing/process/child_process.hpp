// SPDX-License-Identifier: MIT
// A copy of this process, made by the clone system call itself: no fork handlers run, locks that this thread holds stay its
// own, and the program's wait() and SIGCHLD never see it.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include <cstdint>
#include <sys/types.h>

namespace mallocspy::testing_detail {

struct child_process {
  pid_t id = -1;          // 0 in the child itself; -1: none
  int handle = -1;        // becomes readable at its end; -1: the system has none such
  std::int64_t began = 0; // milliseconds
};

// returns: milliseconds since some time
std::int64_t now() noexcept;

// effects: makes the copy, on Linux. It dies with this process. `handle_above`: the lowest number for its handle
child_process copy_process(int handle_above) noexcept;

// effects: waits for one of the children to end, or for a deadline; a child beyond its deadline is killed
// timeout: of a child, in milliseconds
// returns: the index of a child that has ended, with its status and whether it was killed. Its handle is closed
struct child_end {
  unsigned index;
  int status;
  bool timed_out;
};
child_end wait_for_one(child_process* children, unsigned count, std::int64_t timeout) noexcept;

// effects: ends this process at once; nothing runs
[[noreturn]] void end_process(int status) noexcept;

} // namespace mallocspy::testing_detail
