// SPDX-License-Identifier: MIT
#include "testing/stack_names.hpp"

#include "spies/stack_text.hpp"

#include <cstdlib>
#include <cstring>
#include <link.h>
#include <mallocspy/spies/call_stack.hpp>
#include <unistd.h>

namespace mallocspy::testing_detail {

namespace {

struct bias_search {
  const char* path;
  const char* executable;
  std::uintptr_t bias;
  bool found;
};

int compare_module(dl_phdr_info* info, std::size_t, void* context) {
  auto& search = *static_cast<bias_search*>(context);
  const char* name = info->dlpi_name[0] == '\0' ? search.executable : info->dlpi_name;
  if (!search.found && std::strcmp(name, search.path) == 0) {
    search.bias = info->dlpi_addr;
    search.found = true;
  }
  return 0;
}

// returns: where the module's addresses begin in this process. false: it is not loaded
bool find_bias(const char* path, std::uintptr_t& bias) {
  char executable[sizeof(module_record::path)] = {};
  const ssize_t length = ::readlink("/proc/self/exe", executable, sizeof executable - 1);
  static_cast<void>(length);
  bias_search search{path, executable, 0, false};
  ::dl_iterate_phdr(compare_module, &search);
  bias = search.bias;
  return search.found;
}

// What calls the function under test: from here on outward it is the test's frame, not the program's.
bool is_the_sweep(const std::string& function) {
  return function.find("14testing_detail12sweep_driver") != std::string::npos ||
         function.find("14testing_detail12_GLOBAL__N_16invoke") != std::string::npos ||
         function.find("14testing_detail13fail_by_input") != std::string::npos;
}

std::string readable(const std::string& linker_name) {
  char* text = spies::demangled(linker_name.c_str());
  std::string name = text == nullptr ? linker_name : text;
  std::free(text);
  return name;
}

std::string base_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

std::string hexadecimal(std::uint64_t value) {
  char text[20];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

} // namespace

std::vector<stack_names::frame_place> stack_names::places_of(std::uint32_t stack) {
  std::vector<frame_place> places;
  if (stack == 0 || stack >= board::most_stacks) {
    return places;
  }
  const stack_record& record = m_board.stack[stack];
  bool inside = false; // past the frames of this library at the inner end
  for (std::uint32_t i = 0; i < record.frames && i < stack_record::most_frames; ++i) {
    const stack_frame& f = record.frame[i];
    frame_place place{nullptr, f.module == 0 ? "" : m_board.module[f.module].path, f.offset, {}};
    std::uintptr_t bias = 0;
    if (f.module == 0 || find_bias(place.module.c_str(), bias)) {
      place.address = reinterpret_cast<const void*>(bias + f.offset);
      const code_location location = locate_code(place.address);
      place.function = location.function == nullptr ? "" : location.function;
    }
    if (is_the_sweep(place.function)) {
      break;
    }
    inside = inside || place.function.empty() || !spies::is_own_function(place.function.c_str());
    if (inside) {
      places.push_back(std::move(place));
    }
  }
  return places;
}

const std::string& stack_names::id_of(std::uint32_t stack) {
  const auto known = m_ids.find(stack);
  if (known != m_ids.end()) {
    return known->second;
  }
  std::vector<named_frame> frames;
  for (const frame_place& place : places_of(stack)) {
    frames.push_back({place.module, place.function, place.offset});
  }
  return m_ids[stack] = stack_identity(frames);
}

std::string stack_names::line_of(const frame_place& place) {
  const std::string name =
      place.function.empty() ? base_name(place.module) + "+" + hexadecimal(place.offset) : readable(place.function);
  const spies::source_line line =
      place.address == nullptr ? spies::source_line{nullptr, 0} : m_debug.find_line(place.address);
  return line.file == nullptr ? name + " (" + base_name(place.module) + ")"
                              : name + " (" + base_name(line.file) + ":" + std::to_string(line.line) + ")";
}

const named_stack& stack_names::of(std::uint32_t stack) {
  const auto known = m_named.find(stack);
  if (known != m_named.end()) {
    return known->second;
  }
  named_stack names;
  names.id = id_of(stack);
  for (const frame_place& place : places_of(stack)) {
    names.lines.push_back(line_of(place));
    names.frames.push_back({place.function.empty() ? "" : readable(place.function), place.module});
  }
  return m_named[stack] = std::move(names);
}

} // namespace mallocspy::testing_detail
