// SPDX-License-Identifier: MIT
// The gate in front of the process heap, which one thread may hold (HeapLock): operations of other threads that begin
// afterwards wait at it. While it is held, operations take the slow way, as under a spy; the fast one knows nothing of it.
// Runs inside hooks: never allocates from what is hooked. Its mutex is held for a few instructions and never across a hook.
#pragma once

namespace mallocspy::task {

// effects: returns when no other thread holds the gate. The caller must not be inside a spied call, whose end the holder
// may need. threads: any
void wait_at_gate() noexcept;

// effects: for a function on the process heap that is not an operation of the task allocator: waits as those do, unless
//   this thread is inside a spied call
// threads: any
void enter_process_heap() noexcept;

// effects: takes the gate, once more if this thread has it; waits for another thread that has it. threads: any
void hold_gate() noexcept;

// effects: gives it back once. returns: false if this thread has not got it
bool leave_gate() noexcept;

// Around a fork. In the child the gate is free unless the thread that forked holds it.
void gate_before_fork() noexcept;
void gate_after_fork_in_parent() noexcept;
void gate_after_fork_in_child() noexcept;

} // namespace mallocspy::task
