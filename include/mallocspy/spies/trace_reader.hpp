// SPDX-License-Identifier: MIT
// Reads what the spy trace has written, and turns it into what viewers open. Not for hooks: allocates with operator new.
// source: ours
#pragma once

#include <cstdint>
#include <mallocspy/contract/export.h>
#include <map>
#include <string>
#include <vector>

namespace mallocspy {

enum class trace_event_kind : std::uint8_t {
  allocated,
  freed,
  moved_from, // a reallocation that succeeded: the block at its old address is no more
  moved_to,   // and is here now, with its new size; the next event of its thread
  failed,     // a request that got no memory
};

struct trace_event {
  std::uint64_t number; // its place in the order of all events, from 1
  trace_event_kind kind;
  std::uint64_t address; // 0 for failed
  std::uint64_t size;    // requested bytes; 0 for freed and moved_from
  std::uint32_t stack;   // a key of trace_contents::stacks; 0: none
  std::uint32_t thread;  // 1 and up, in the order in which threads first met a spy
};

struct trace_module {
  std::uint64_t begin; // addresses that it occupied
  std::uint64_t end;
  std::uint64_t bias; // what was added to an address of its file
  std::string path;
};

struct trace_contents {
  std::uint64_t process = 0;
  std::vector<trace_event> events;                            // by number
  std::map<std::uint32_t, std::vector<std::uint64_t>> stacks; // return addresses, innermost first
  std::vector<trace_module> modules;
  bool cut_off = false; // the file ends in the middle: the process was killed, or the disk was full
};

// returns: what is in the file. A part that is damaged or cut off is left out
// errors: std::runtime_error with one line, if it cannot be read or is no trace
MALLOCSPY_API trace_contents read_trace(const std::string& path);

// effects: writes a profile that pprof reads (`pprof -http : FILE`), as well as other viewers of its format: profile.proto,
//   not compressed. Samples: allocated blocks and bytes, and blocks and bytes alive at the end, by stack. Functions have
//   the names that the modules' files give; pprof itself finds files and lines where the modules have debug information
// errors: std::runtime_error with one line, if the file cannot be written
MALLOCSPY_API void write_pprof(const trace_contents& trace, const std::string& path);

// What the numbers of collapsed stacks are.
enum class trace_value { allocated_blocks, allocated_bytes, live_blocks, live_bytes };

// effects: writes collapsed stacks: a line for each stack, outermost function first, functions separated by ";", then the
//   value. flamegraph.pl and speedscope read them
// errors: std::runtime_error with one line, if the file cannot be written
MALLOCSPY_API void write_collapsed(const trace_contents& trace, const std::string& path,
                                   trace_value value = trace_value::allocated_bytes);

} // namespace mallocspy
