// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock of its own (macOS: the loader's, by dladdr).
#include "blocks/hints.hpp"
#include "spies/memory/address_map.hpp"
#include "spies/memory/permanent_memory.hpp"
#include "spies/symbols/loaded_module.hpp"
#include "spies/symbols/module_symbols.hpp"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <mallocspy/spies/call_stack.hpp>
#include <new>
#include <unistd.h>
#if defined(__APPLE__)
#include <dlfcn.h>
#endif

namespace mallocspy {

namespace {

spies::address_map answers; // return address to code_location*

#if defined(__APPLE__)

code_location find_out(std::uintptr_t return_address) noexcept {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(return_address - 1), &info) == 0) {
    return {};
  }
  const std::uintptr_t offset =
      info.dli_sname == nullptr ? 0 : return_address - reinterpret_cast<std::uintptr_t>(info.dli_saddr);
  return {info.dli_fname, return_address - reinterpret_cast<std::uintptr_t>(info.dli_fbase), info.dli_sname, offset};
}

#else

// What is remembered of a module. Never removed: addresses may be asked about after it was unloaded.
struct known_module {
  std::uintptr_t begin;
  std::uintptr_t end;
  const char* loader_name; // a copy
  const char* path;
  spies::symbol_table symbols;
  known_module* next;
};

std::atomic<known_module*> known{nullptr};

const char* executable_path() noexcept {
  char path[4096];
  const int kept = errno;
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path - 1);
  errno = kept;
  path[length < 0 ? 0 : length] = '\0';
  return spies::copy_permanently(path);
}

const known_module* make_known(const spies::loaded_module& module) noexcept {
  void* memory = spies::take_permanently(sizeof(known_module));
  const char* name = spies::copy_permanently(module.name);
  const bool is_executable = module.name[0] == '\0';
  const char* path = is_executable ? executable_path() : name;
  if (memory == nullptr || name == nullptr || path == nullptr) {
    return nullptr;
  }
  // Through /proc, so that an executable which was replaced since is still the right one.
  const spies::symbol_table symbols = spies::map_symbols(is_executable ? "/proc/self/exe" : path);
  auto* m = new (memory) known_module{module.begin, module.end, name, path, symbols, nullptr};
  m->next = known.load(std::memory_order_relaxed);
  while (!known.compare_exchange_weak(m->next, m, std::memory_order_release, std::memory_order_relaxed)) {
  }
  return m;
}

const known_module* know(const spies::loaded_module& module) noexcept {
  for (const known_module* m = known.load(std::memory_order_acquire); m != nullptr; m = m->next) {
    if (m->begin == module.begin && m->end == module.end && std::strcmp(m->loader_name, module.name) == 0) {
      return m;
    }
  }
  return make_known(module);
}

code_location find_out(std::uintptr_t return_address) noexcept {
  const spies::loaded_module module = spies::find_module(return_address - 1);
  const known_module* m = module.end == 0 ? nullptr : know(module);
  if (m == nullptr) {
    return {};
  }
  const std::uintptr_t in_file = return_address - module.bias;
  const spies::found_symbol symbol = spies::find_symbol(m->symbols, in_file - 1);
  return {m->path, in_file, symbol.name, symbol.name == nullptr ? 0 : in_file - symbol.value};
}

#endif

} // namespace

code_location locate_code(const void* return_address) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(return_address);
  if (address == 0) {
    return {};
  }
  if (const std::uint64_t answer = answers.find(address)) {
    return *reinterpret_cast<const code_location*>(answer);
  }
  const code_location location = find_out(address);
  if (location.module != nullptr) {
    if (void* memory = spies::take_permanently(sizeof location)) {
      answers.insert(address, reinterpret_cast<std::uintptr_t>(new (memory) code_location(location)));
    }
  }
  return location;
}

} // namespace mallocspy
