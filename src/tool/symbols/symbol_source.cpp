// SPDX-License-Identifier: MIT
#include "tool/symbols/symbol_source.hpp"

#include "tool/symbols/module_names.hpp"

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cxxabi.h>

namespace mallocspy::tool {

namespace {

// As people write it: demangled, and without the version that a symbol may have.
std::string readable(const std::string& symbol) {
  std::string name = symbol.substr(0, symbol.find('@'));
  if (name.compare(0, 2, "_Z") != 0) {
    return name;
  }
  // A part that the compiler cut off the function is called "_Z1fv.cold".
  const std::size_t dot = name.find('.');
  int status = 0;
  char* demangled = abi::__cxa_demangle(name.substr(0, dot).c_str(), nullptr, nullptr, &status);
  std::string out = status == 0 ? demangled : name;
  std::free(demangled);
  return out;
}

std::string line(const std::string& symbol, const source_place& place) {
  std::string text = readable(symbol);
  if (!place.file.empty()) {
    text += " (" + place.file + (place.line > 0 ? ":" + std::to_string(place.line) : "") + ")";
  }
  return text;
}

std::string place_in(const std::string& module, std::uint64_t address) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "+0x%" PRIx64, address);
  return (module.empty() ? "unknown" : module) + digits;
}

} // namespace

class symbol_source::module {
public:
  explicit module(const std::string& path) : m_names(path.empty() ? nullptr : open_module(path)) {}

  code_names at(std::uint64_t address) {
    return m_names == nullptr ? code_names{} : m_names->at(address);
  }

private:
  std::unique_ptr<module_names> m_names;
};

symbol_source::symbol_source() = default;
symbol_source::~symbol_source() = default;

symbol_source::module& symbol_source::module_of(const std::string& path) {
  std::unique_ptr<module>& known = m_modules[path];
  if (known == nullptr) {
    known = std::make_unique<module>(path);
  }
  return *known;
}

const described_frame& symbol_source::describe(const raw_frame& frame) {
  // A call may be the last instruction of its function: what it returns to belongs to the next one.
  const std::uint64_t place = frame.address - (frame.returns && frame.address != 0 ? 1 : 0);
  const auto [known, is_new] = m_known.try_emplace({frame.module, place});
  described_frame& described = known->second;
  if (!is_new) {
    return described;
  }
  const code_names names = module_of(frame.module).at(place);
  described.identity = {frame.module, names.symbol.substr(0, names.symbol.find('@')), frame.address};
  source_place at = names.place;
  for (const code_names::inlined_call& call : names.inlined) {
    described.lines.push_back(line(call.function, at));
    at = call.called;
  }
  described.lines.push_back(names.symbol.empty() ? place_in(frame.module, frame.address) : line(names.symbol, at));
  return described;
}

std::vector<std::string> symbol_source::lines_of(const std::vector<raw_frame>& stack) {
  std::vector<std::string> lines;
  for (const raw_frame& frame : stack) {
    const described_frame& described = describe(frame);
    lines.insert(lines.end(), described.lines.begin(), described.lines.end());
  }
  return lines;
}

std::string symbol_source::identity_of(const std::vector<raw_frame>& stack) {
  std::vector<testing_detail::named_frame> frames;
  frames.reserve(stack.size());
  for (const raw_frame& frame : stack) {
    frames.push_back(describe(frame).identity);
  }
  return testing_detail::stack_identity(frames);
}

} // namespace mallocspy::tool
