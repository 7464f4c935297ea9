// SPDX-License-Identifier: MIT
// A run of a sweep in a program that the command has started.
#pragma once

#include "spies/leaks/calling_thread.hpp"
#include "tool/preload/attached_session.hpp"

namespace mallocspy::tool {

// effects: registers the spies of sweeps, and begins the run that the session asks for
// returns: false if they cannot be registered
bool begin_sweep_run(const attached_session& attached) noexcept;

// effects: the program ends: looks for leaks and damage, waits for snapshots. More than once is harmless
// caller: what counts as held by this thread; null: what the caller of this function holds
void end_sweep_run(const spies::calling_thread* caller) noexcept;

// effects: in a child that the program has made by fork(): nothing is counted and nothing fails in it
void leave_sweep_run() noexcept;

} // namespace mallocspy::tool
