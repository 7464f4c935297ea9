// SPDX-License-Identifier: MIT
#include "tool/symbols/point_filter.hpp"

#include "testing/report/frame_globs.hpp"

#include <utility>

namespace mallocspy::tool {

point_filter::point_filter(std::vector<std::string> include, std::vector<std::string> exclude)
    : m_include(std::move(include)), m_exclude(std::move(exclude)) {}

bool point_filter::any_fits(const std::vector<std::string>& globs, const std::vector<raw_frame>& stack,
                            symbol_source& symbols) {
  for (const raw_frame& frame : stack) {
    for (const std::string& glob : globs) {
      if (testing_detail::module_fits(glob, frame.module)) {
        return true;
      }
      for (const std::string& line : symbols.describe(frame).lines) {
        if (testing_detail::function_fits(glob, line)) {
          return true;
        }
      }
    }
  }
  return false;
}

bool point_filter::wants(const std::vector<raw_frame>& stack, symbol_source& symbols) const {
  return (m_include.empty() || any_fits(m_include, stack, symbols)) && !any_fits(m_exclude, stack, symbols);
}

} // namespace mallocspy::tool
