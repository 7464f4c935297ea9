// SPDX-License-Identifier: MIT
// Reads the lines that print_stacks writes: "    #0 function at file:12".
#include <mallocspy/testing/framework_glue.hpp>

#include <cstdlib>
#include <sstream>

namespace mallocspy::testing_detail {

source_place first_place(const std::string& report, const char* file, int line) {
  std::istringstream lines(report);
  for (std::string text; std::getline(lines, text);) {
    const std::size_t at = text.rfind(" at ");
    const std::size_t colon = text.rfind(':');
    if (text.compare(0, 5, "    #") == 0 && at != std::string::npos && colon != std::string::npos && colon > at) {
      return {text.substr(at + 4, colon - at - 4), std::atoi(text.c_str() + colon + 1)};
    }
  }
  return {file, line};
}

} // namespace mallocspy::testing_detail
