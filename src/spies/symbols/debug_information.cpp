// SPDX-License-Identifier: MIT
#include "spies/symbols/debug_information.hpp"

#include <cstdint>
#include <cstdlib>
#include <cxxabi.h>
#include <new>
#if defined(__linux__) && __has_include(<elfutils/libdwfl.h>)
#include <dlfcn.h>
#include <elfutils/libdwfl.h>
#include <unistd.h>
#define MALLOCSPY_HAS_LIBDW 1
#endif

namespace mallocspy::spies {

char* demangled(const char* linker_name) noexcept {
  if (linker_name[0] != '_' || linker_name[1] != 'Z') {
    return nullptr;
  }
  int status = 0;
  return abi::__cxa_demangle(linker_name, nullptr, nullptr, &status);
}

#if defined(MALLOCSPY_HAS_LIBDW)

namespace {

// The functions of libdw that are used, under their own names.
struct libdw {
  decltype(&::dwfl_begin) dwfl_begin;
  decltype(&::dwfl_end) dwfl_end;
  decltype(&::dwfl_linux_proc_report) dwfl_linux_proc_report;
  decltype(&::dwfl_report_end) dwfl_report_end;
  decltype(&::dwfl_addrmodule) dwfl_addrmodule;
  decltype(&::dwfl_module_getsrc) dwfl_module_getsrc;
  decltype(&::dwfl_lineinfo) dwfl_lineinfo;
  decltype(&::dwfl_module_nextcu) dwfl_module_nextcu;
  decltype(&::dwarf_haspc) dwarf_haspc;
  decltype(&::dwarf_getsrc_die) dwarf_getsrc_die;
  decltype(&::dwarf_linesrc) dwarf_linesrc;
  decltype(&::dwarf_lineno) dwarf_lineno;
  Dwfl_Callbacks callbacks;
  bool complete;
};

template <class Function> bool find(void* library, const char* name, Function& function) noexcept {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

libdw load() noexcept {
  libdw dw{};
  void* library = ::dlopen("libdw.so.1", RTLD_NOW | RTLD_LOCAL);
  dw.complete = library != nullptr;
  const auto need = [&dw, library](const char* name, auto& function) {
    dw.complete = dw.complete && find(library, name, function);
  };
  need("dwfl_begin", dw.dwfl_begin);
  need("dwfl_end", dw.dwfl_end);
  need("dwfl_linux_proc_report", dw.dwfl_linux_proc_report);
  need("dwfl_report_end", dw.dwfl_report_end);
  need("dwfl_addrmodule", dw.dwfl_addrmodule);
  need("dwfl_module_getsrc", dw.dwfl_module_getsrc);
  need("dwfl_lineinfo", dw.dwfl_lineinfo);
  need("dwfl_module_nextcu", dw.dwfl_module_nextcu);
  need("dwarf_haspc", dw.dwarf_haspc);
  need("dwarf_getsrc_die", dw.dwarf_getsrc_die);
  need("dwarf_linesrc", dw.dwarf_linesrc);
  need("dwarf_lineno", dw.dwarf_lineno);
  need("dwfl_linux_proc_find_elf", dw.callbacks.find_elf);
  need("dwfl_standard_find_debuginfo", dw.callbacks.find_debuginfo);
  return dw;
}

// The long way, for compilers that write no table of their units' addresses (clang).
source_line search_units(const libdw& dw, Dwfl_Module* module, Dwarf_Addr call) noexcept {
  source_line found{nullptr, 0};
  Dwarf_Addr bias = 0;
  for (Dwarf_Die* unit = nullptr; (unit = dw.dwfl_module_nextcu(module, unit, &bias)) != nullptr;) {
    if (dw.dwarf_haspc(unit, call - bias) == 1) {
      Dwarf_Line* line = dw.dwarf_getsrc_die(unit, call - bias);
      found.file = line == nullptr ? nullptr : dw.dwarf_linesrc(line, nullptr, nullptr);
      if (found.file != nullptr) {
        dw.dwarf_lineno(line, &found.line);
      }
      break;
    }
  }
  return found;
}

} // namespace

struct debug_information::session {
  libdw dw;
  Dwfl* dwfl;
};

debug_information::debug_information() noexcept : m_session(nullptr) {
  ::unsetenv("DEBUGINFOD_URLS"); // a report does not wait for a network
  const libdw dw = load();
  if (!dw.complete) {
    return;
  }
  m_session = new (std::nothrow) session{dw, nullptr};
  if (m_session != nullptr) {
    m_session->dwfl = dw.dwfl_begin(&m_session->dw.callbacks);
    if (m_session->dwfl != nullptr) {
      dw.dwfl_linux_proc_report(m_session->dwfl, ::getpid());
      dw.dwfl_report_end(m_session->dwfl, nullptr, nullptr);
    }
  }
}

debug_information::~debug_information() {
  if (m_session != nullptr) {
    if (m_session->dwfl != nullptr) {
      m_session->dw.dwfl_end(m_session->dwfl);
    }
    delete m_session;
  }
}

source_line debug_information::find_line(const void* return_address) noexcept {
  if (m_session == nullptr || m_session->dwfl == nullptr) {
    return {nullptr, 0};
  }
  const libdw& dw = m_session->dw;
  const Dwarf_Addr call = reinterpret_cast<std::uintptr_t>(return_address) - 1;
  Dwfl_Module* module = dw.dwfl_addrmodule(m_session->dwfl, call);
  Dwfl_Line* line = module == nullptr ? nullptr : dw.dwfl_module_getsrc(module, call);
  source_line found{nullptr, 0};
  if (line != nullptr) {
    found.file = dw.dwfl_lineinfo(line, nullptr, &found.line, nullptr, nullptr, nullptr);
  }
  return found.file != nullptr || module == nullptr ? found : search_units(dw, module, call);
}

#else

debug_information::debug_information() noexcept : m_session(nullptr) {}
debug_information::~debug_information() = default;

source_line debug_information::find_line(const void*) noexcept {
  return {nullptr, static_cast<int>(m_session == nullptr ? 0 : 1)};
}

#endif

} // namespace mallocspy::spies
