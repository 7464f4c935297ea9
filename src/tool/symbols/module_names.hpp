// SPDX-License-Identifier: MIT
// The names in one module's file. One of module_names.cpp, with libdw, and no_names.cpp, without it, is built.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mallocspy::tool {

struct source_place {
  std::string file; // without its folder; empty: unknown
  int line = 0;
};

struct code_names {
  std::string symbol; // as the linker names the function; empty: unknown
  source_place place; // of the innermost function
  struct inlined_call {
    std::string function; // as the linker names it, or as the source does
    source_place called;  // where its caller calls it
  };
  std::vector<inlined_call> inlined; // functions put in line there, innermost first
};

class module_names {
public:
  virtual ~module_names() = default;

  // returns: what is known of the code at an address of the file
  virtual code_names at(std::uint64_t address) = 0;
};

// returns: null if the file cannot be read, or has nothing to be named by
std::unique_ptr<module_names> open_module(const std::string& path);

} // namespace mallocspy::tool
