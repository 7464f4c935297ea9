// SPDX-License-Identifier: MIT
// A sweep with something of everything, to be written, read back and shown.
#pragma once

#include <csignal>
#include <mallocspy/testing/sweep_result.hpp>

namespace mallocspy::tests {

inline constexpr const char* crash_stack = "00000000deadbee7";
inline constexpr const char* leak_stack = "0123456789abcdef";
inline constexpr const char* silent_stack = "fedcba9876543210";

inline sweep_finding sample_crash() {
  sweep_finding f;
  f.what = verdict::crash;
  f.allocation = 3;
  f.occurrence = 2;
  f.points = 2;
  f.stack_id = crash_stack;
  f.confirmed = true;
  f.signal = SIGSEGV;
  f.detail = "SIGSEGV at address 0x18, by writing";
  f.stack = {"grow (table.c:71)", "insert<int>(table<int>&, int) (table.hpp:31)", "main (main.c:12)"};
  f.other = {"table_put (table.c:99)"};
  f.replay = "mallocspy fail --nth 3 -- ./parser --in 'a b.xml'";
  return f;
}

inline sweep_finding sample_leak() {
  sweep_finding f;
  f.what = verdict::leak;
  f.allocation = 5;
  f.occurrence = 1;
  f.points = 1;
  f.stack_id = leak_stack;
  f.confirmed = true;
  f.detail = "1 block of 27 bytes is lost";
  f.stack = {"read_names (names.c:17)", "main (main.c:13)"};
  f.other = {"copy_name (names.c:8)"};
  f.replay = "mallocspy fail --nth 5 -- ./parser --in 'a b.xml'";
  return f;
}

inline sweep_finding sample_silent() {
  sweep_finding f;
  f.what = verdict::silent;
  f.allocation = 2;
  f.occurrence = 1;
  f.points = 1;
  f.stack_id = silent_stack;
  f.error_text = true;
  f.detail = "stdout differs at byte 1037";
  f.stack = {"emit (out.c:3)"};
  f.replay = "mallocspy fail --nth 2 -- ./parser --in 'a b.xml'";
  return f;
}

// 7 allocations: 2 crash, 1 leaks, 1 is silent but unconfirmed, 1 clean, 1 tolerated, 1 untested.
inline sweep_result sample_sweep() {
  sweep_result r;
  r.target = "parser";
  r.program = {"./parser", "--in", "a b.xml"};
  r.stopped = "limit of 6 points";
  r.mode = sweep_mode::all_after;
  r.allocations = 7;
  r.injected = 6;
  r.snapshots = 4;
  r.replays = 2;
  r.never_fired = 1;
  r.nondeterministic = true;
  r.drift = "stdout differs at byte 40";
  r.unsafe = "other threads";
  r.seconds = 1.25;
  r.points = {{1, "000000000000000a", 1, 53, verdict::clean, false, 0},
              {2, silent_stack, 1, 59, verdict::silent, true, 0},
              {3, crash_stack, 2, 61, verdict::crash, false, 4},
              {4, "000000000000000b", 1, 67, verdict::tolerated, false, 17},
              {5, leak_stack, 1, 27, verdict::leak, true, 0},
              {6, crash_stack, 3, 61, verdict::crash, false, 0},
              {7, "000000000000000c", 1, 5003, verdict::untested, false, 0}};
  for (const sweep_point& point : r.points) {
    ++r.verdicts[static_cast<std::size_t>(point.what)];
  }
  r.findings = {sample_crash(), sample_leak()};
  r.unconfirmed = {sample_silent()};
  return r;
}

} // namespace mallocspy::tests
