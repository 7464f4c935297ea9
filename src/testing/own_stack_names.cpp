// SPDX-License-Identifier: MIT
#include "testing/own_stack_names.hpp"

#include <cstdio>
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

// returns: the address of an offset in a module; null if that is not loaded
const void* address_of(const std::string& module, std::uint64_t offset) {
  if (module.empty()) {
    return reinterpret_cast<const void*>(offset);
  }
  char executable[sizeof(module_record::path)] = {};
  [[maybe_unused]] const ssize_t length = ::readlink("/proc/self/exe", executable, sizeof executable - 1);
  bias_search search{module.c_str(), executable, 0, false};
  ::dl_iterate_phdr(compare_module, &search);
  return search.found ? reinterpret_cast<const void*>(search.bias + offset) : nullptr;
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
  const spies::source_line line = address == nullptr ? spies::source_line{nullptr, 0} : m_debug.find_line(address);
  const std::string where = line.file == nullptr ? file : base_name(line.file) + ":" + std::to_string(line.line);
  return {(name.readable.empty() ? file + "+" + hexadecimal(offset) : name.readable) + " (" + where + ")"};
}

bool own_stack_names::is_the_sweep(const std::string& function) const {
  return function.find("14testing_detail16function_subject") != std::string::npos ||
         function.find("14testing_detail12_GLOBAL__N_16invoke") != std::string::npos;
}

} // namespace mallocspy::testing_detail
