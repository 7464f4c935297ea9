// SPDX-License-Identifier: MIT
#include "spies/debug_information.hpp"

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
  dw.complete =
      library != nullptr && find(library, "dwfl_begin", dw.dwfl_begin) && find(library, "dwfl_end", dw.dwfl_end) &&
      find(library, "dwfl_linux_proc_report", dw.dwfl_linux_proc_report) &&
      find(library, "dwfl_report_end", dw.dwfl_report_end) && find(library, "dwfl_addrmodule", dw.dwfl_addrmodule) &&
      find(library, "dwfl_module_getsrc", dw.dwfl_module_getsrc) && find(library, "dwfl_lineinfo", dw.dwfl_lineinfo) &&
      find(library, "dwfl_linux_proc_find_elf", dw.callbacks.find_elf) &&
      find(library, "dwfl_standard_find_debuginfo", dw.callbacks.find_debuginfo);
  return dw;
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
  return found;
}

#else

debug_information::debug_information() noexcept : m_session(nullptr) {}
debug_information::~debug_information() = default;

source_line debug_information::find_line(const void*) noexcept {
  return {nullptr, static_cast<int>(m_session == nullptr ? 0 : 1)};
}

#endif

} // namespace mallocspy::spies
