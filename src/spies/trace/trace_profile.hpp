// SPDX-License-Identifier: MIT
// What a trace says of each call stack, and the names of its functions. Not for hooks: allocates.
#pragma once

#include "spies/symbols/module_symbols.hpp"

#include <cstdint>
#include <mallocspy/spies/trace_reader.hpp>
#include <map>
#include <string>
#include <vector>

namespace mallocspy::spies {

struct stack_sums {
  std::uint64_t allocated_blocks = 0;
  std::uint64_t allocated_bytes = 0;
  std::uint64_t live_blocks = 0; // at the end of the trace
  std::uint64_t live_bytes = 0;
};

// returns: the sums by stack; what was reallocated counts where that was asked for
std::map<std::uint32_t, stack_sums> sum_by_stack(const trace_contents& trace);

// The code around a return address.
struct named_frame {
  const trace_module* module; // null: in none
  std::uint64_t address;      // the return address
  std::string linker_name;    // empty: unknown
  std::string name;           // for people; never empty
};

// Looks up names in the files of the modules, each address once.
class frame_names {
public:
  explicit frame_names(const trace_contents& trace);

  const named_frame& find(std::uint64_t return_address);

  // returns: the addresses of a stack, innermost first, without the frames of this library at its inner end; empty for a
  //   stack that is not in the trace
  std::vector<std::uint64_t> frames_of(std::uint32_t stack);

private:
  const trace_contents& m_trace;
  std::vector<symbol_table> m_symbols; // of each module
  std::map<std::uint64_t, named_frame> m_known;
};

} // namespace mallocspy::spies
