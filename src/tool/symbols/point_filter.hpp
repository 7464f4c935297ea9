// SPDX-License-Identifier: MIT
// --include and --exclude: which points of a sweep are wanted, by the functions and modules on their call stack.
#pragma once

#include "tool/symbols/symbol_source.hpp"

#include <string>
#include <vector>

namespace mallocspy::tool {

class point_filter {
public:
  // Patterns as for file names; each is compared with the names of functions and with the base names of modules. No include
  // pattern at all includes everything.
  point_filter(std::vector<std::string> include, std::vector<std::string> exclude);

  bool passes_all() const noexcept {
    return m_include.empty() && m_exclude.empty();
  }

  // returns: whether a frame fits one of the include patterns, and none an exclude pattern
  bool wants(const std::vector<raw_frame>& stack, symbol_source& symbols) const;

private:
  static bool any_fits(const std::vector<std::string>& globs, const std::vector<raw_frame>& stack, symbol_source& symbols);

  std::vector<std::string> m_include;
  std::vector<std::string> m_exclude;
};

} // namespace mallocspy::tool
