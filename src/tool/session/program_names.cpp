// SPDX-License-Identifier: MIT
#include "tool/session/program_names.hpp"

#include "spies/symbols/debug_information.hpp"

#include <cstdlib>

namespace mallocspy::tool {

std::vector<raw_frame> program_names::frames_of(std::uint32_t stack) const {
  std::vector<raw_frame> frames;
  const testing_detail::stack_record& record = m_board.stack[stack];
  for (std::uint32_t i = 0; i < record.frames; ++i) {
    const testing_detail::stack_frame& f = record.frame[i];
    frames.push_back({f.module == 0 ? "" : m_board.module[f.module].path, f.offset});
  }
  return frames;
}

testing_detail::code_name program_names::name_of(const std::string& module, std::uint64_t offset) {
  const std::string& function = m_symbols.describe({module, offset}).identity.function;
  testing_detail::code_name name{function, function};
  if (char* readable = function.empty() ? nullptr : spies::demangled(function.c_str())) {
    name.readable = readable;
    std::free(readable);
  }
  return name;
}

std::vector<std::string> program_names::lines_of(const std::string& module, std::uint64_t offset,
                                                 const testing_detail::code_name&) {
  return m_symbols.describe({module, offset}).lines;
}

bool program_names::is_the_sweep(const std::string& function) const {
  return function.rfind("_ZN9mallocspy4tool", 0) == 0; // calls main()
}

} // namespace mallocspy::tool
