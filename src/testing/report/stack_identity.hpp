// SPDX-License-Identifier: MIT
// A name for a call stack that survives a rebuild: a hash of the functions on it, not of their addresses.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mallocspy::testing_detail {

struct named_frame {
  std::string module;   // path or name of the file; only what is behind the last "/" counts
  std::string function; // as the linker names it; empty if it has no name there
  std::uint64_t offset; // in the module; counts only without a name
};

// returns: 16 hexadecimal digits: FNV-1a, 64 bits, over the base names of the modules and the names of the functions,
//   innermost first. Where code has no name its offset stands in, and then a rebuild may change the identity
std::string stack_identity(const std::vector<named_frame>& frames);

} // namespace mallocspy::testing_detail
