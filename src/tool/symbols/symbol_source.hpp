// SPDX-License-Identifier: MIT
// Names for frames of programs that may have ended long ago: functions, files and lines, from the modules' files and their
// debug information, by elfutils' libdw. In a build without it frames keep their module and address.
#pragma once

#include "testing/report/stack_identity.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mallocspy::tool {

// A place in code, as a report without names has it.
struct raw_frame {
  std::string module;    // path of the program or library
  std::uint64_t address; // in that file, as addr2line takes it: what the process had, minus where the module was loaded
  bool returns = true;   // the address is where a call returns to; else it is where the program was
};

struct described_frame {
  testing_detail::named_frame identity; // of the function that really was there; for stack_identity()
  // Innermost first: functions that the compiler put in line there, and last the function itself:
  //   "parse(char const*) (parse.cpp:12)", "main (main.c:3)", "/usr/lib/libfoo.so.1+0x2f31"
  std::vector<std::string> lines;
};

class symbol_source {
public:
  symbol_source();
  ~symbol_source();
  symbol_source(const symbol_source&) = delete;
  symbol_source& operator=(const symbol_source&) = delete;

  // returns: the names. Asked for twice, it is looked up once
  // errors: none: what has no name is described by module and address
  const described_frame& describe(const raw_frame& frame);

  // returns: the lines of all frames, and the stack's identity
  std::vector<std::string> lines_of(const std::vector<raw_frame>& stack);
  std::string identity_of(const std::vector<raw_frame>& stack);

private:
  class module; // an open file with its symbols and debug information

  module& module_of(const std::string& path);

  std::map<std::string, std::unique_ptr<module>> m_modules;
  std::map<std::pair<std::string, std::uint64_t>, described_frame> m_known; // by module, and place in it
};

// returns: whether this build has libdw
bool knows_symbols() noexcept;

} // namespace mallocspy::tool
