// SPDX-License-Identifier: MIT
// Names for people: demangled functions, and file and line where a program has debug information, by elfutils' libdw. That
// is looked for when the first name is asked for and never linked: without it there are no files and lines.
// Allocates. Not in a hook: to be used in a snapshot.
#pragma once

#include <mallocspy/contract/export.h>

namespace mallocspy::spies {

struct source_line {
  const char* file; // null: unknown. Lives as long as the debug_information
  int line;
};

class MALLOCSPY_API debug_information {
public:
  debug_information() noexcept;
  ~debug_information();
  debug_information(const debug_information&) = delete;
  debug_information& operator=(const debug_information&) = delete;

  // returns: where the call is that returns to the address
  source_line find_line(const void* return_address) noexcept;

private:
  struct session;
  session* m_session;
};

// returns: the name as people write it, in memory for std::free; null if it is not mangled
MALLOCSPY_API char* demangled(const char* linker_name) noexcept;

} // namespace mallocspy::spies
