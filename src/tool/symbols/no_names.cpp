// SPDX-License-Identifier: MIT
// For builds without elfutils' libdw.
#include "tool/symbols/module_names.hpp"
#include "tool/symbols/symbol_source.hpp"

namespace mallocspy::tool {

std::unique_ptr<module_names> open_module(const std::string&) {
  return nullptr;
}

bool knows_symbols() noexcept {
  return false;
}

} // namespace mallocspy::tool
