// SPDX-License-Identifier: MIT
#include "testing/report/own_stack_names.hpp"

#include "testing/process/executable_path.hpp"

#include <cstdio>
#include <cstdlib>
#include <mallocspy/spies/call_stack.hpp>
#include <utility>
#if defined(__APPLE__)
#include <mach-o/dyld.h>
#include <mach-o/loader.h>
#else
#include <link.h>
#endif

namespace mallocspy::testing_detail {

namespace {

using load_addresses = std::map<std::string, std::optional<std::uintptr_t>>;

// The program's own name is the loader's affair; the board has its path.
std::string name_on_board(bool is_program, const char* name) {
  if (!is_program) {
    return name == nullptr ? "" : name;
  }
  char executable[sizeof(module_record::path)] = {};
  executable_path(executable, sizeof executable);
  return executable;
}

// The first of a name counts, as on the board.
#if defined(__APPLE__)
void note_modules(load_addresses& loaded) {
  const std::uint32_t images = _dyld_image_count();
  for (std::uint32_t i = 0; i < images; ++i) {
    const mach_header* header = _dyld_get_image_header(i);
    const bool is_program = header != nullptr && header->filetype == MH_EXECUTE;
    loaded.emplace(name_on_board(is_program, _dyld_get_image_name(i)),
                   static_cast<std::uintptr_t>(_dyld_get_image_vmaddr_slide(i)));
  }
}
#else
int note_module(dl_phdr_info* info, std::size_t, void* context) {
  auto& loaded = *static_cast<load_addresses*>(context);
  loaded.emplace(name_on_board(info->dlpi_name[0] == '\0', info->dlpi_name), info->dlpi_addr);
  return 0;
}

void note_modules(load_addresses& loaded) {
  ::dl_iterate_phdr(note_module, &loaded);
}
#endif

std::string base_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

std::string hexadecimal(std::uint64_t value) {
  char text[20];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

} // namespace

const void* own_stack_names::address_of(const std::string& module, std::uint64_t offset) {
  if (module.empty()) {
    return reinterpret_cast<const void*>(offset);
  }
  auto found = m_loaded.find(module);
  if (found == m_loaded.end()) { // loaded since
    note_modules(m_loaded);
    found = m_loaded.emplace(module, std::nullopt).first;
  }
  return found->second ? reinterpret_cast<const void*>(*found->second + offset) : nullptr;
}

code_name own_stack_names::name_of(const std::string& module, std::uint64_t offset) {
  const void* address = address_of(module, offset);
  const code_location location = address == nullptr ? code_location{} : locate_code(address);
  if (location.function == nullptr) {
    return {};
  }
  code_name name{location.function, location.function};
  if (char* readable = spies::demangled(location.function)) {
    name.readable = readable;
    std::free(readable);
  }
  return name;
}

std::vector<std::string> own_stack_names::lines_of(const std::string& module, std::uint64_t offset, const code_name& name) {
  const std::string file = base_name(module);
  const void* address = address_of(module, offset);
  const spies::source_line line = address == nullptr ? spies::source_line{nullptr, 0} : debug().find_line(address);
  const std::string where = line.file == nullptr ? file : base_name(line.file) + ":" + std::to_string(line.line);
  return {(name.readable.empty() ? file + "+" + hexadecimal(offset) : name.readable) + " (" + where + ")"};
}

spies::debug_information& own_stack_names::debug() {
  if (!m_debug) {
    m_debug.emplace();
  }
  return *m_debug;
}

bool own_stack_names::is_the_sweep(const std::string& function) const {
  return function.find("14testing_detail16function_subject") != std::string::npos ||
         function.find("14testing_detail12_GLOBAL__N_16invoke") != std::string::npos;
}

} // namespace mallocspy::testing_detail
